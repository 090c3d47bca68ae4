import { z } from 'zod';
import type { DueStretch } from './dispatchStore.ts';

/** What one partition of a dispatch sends: the due bills of a billing month within a range of ids. */
export interface DispatchPart {
  /** First day of the billing month, `YYYY-MM-DD`. */
  readonly billingDate: string;
  /** Exclusive lower bound of the ids. */
  readonly after: string;
  /** Inclusive upper bound. */
  readonly upTo: string;
}

const part = z.object({ billingDate: z.string(), after: z.string(), upTo: z.string() });

interface PartPlan {
  readonly name: string;
  readonly input: Readonly<Record<keyof DispatchPart, string>>;
  readonly total: number;
}

const lastId = 2n ** 63n - 1n;

/** A partition for each stretch. The first of a month begins with the first id and the last never ends, so nothing falls between. */
export function planDispatch(stretches: readonly DueStretch[]): readonly PartPlan[] {
  return [...Map.groupBy(stretches, ({ billingDate }) => billingDate)].flatMap(([billingDate, ofMonth]) =>
    ofMonth.map(({ firstId, bills }, place) => ({
      name: nameOf(billingDate, place + 1, ofMonth.length),
      input: {
        billingDate,
        after: place === 0 ? '0' : (firstId - 1n).toString(),
        upTo: ((ofMonth[place + 1]?.firstId ?? lastId + 1n) - 1n).toString(),
      },
      total: bills,
    })),
  );
}

/** The part of a partition. */
export function readDispatchPart(input: unknown): DispatchPart {
  return part.parse(input);
}

function nameOf(billingDate: string, number: number, count: number): string {
  const month = billingDate.slice(0, 7);
  return count === 1 ? month : `${month} ${number} of ${count}`;
}
