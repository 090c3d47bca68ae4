import { z } from 'zod';
import { WeirError } from '../../src/errors.ts';
import { expectation } from '../../src/expectation.ts';
import { decimalText, parseDecimal } from '../shared/decimal.ts';
import type { CumulativeReport } from './cumulativeReport.ts';

const day = z.iso.date();
const answerSchema = z.object({
  column: z.string(),
  from: day,
  show: z.string(),
  asOf: z.iso.datetime(),
  days: z
    .array(
      z.object({
        day,
        totalDecimal: z
          .string()
          .regex(/^-?\d+(\.\d+)?$/)
          .nullable(),
      }),
    )
    .min(1),
});

/** A report as JSON: totals are decimal text, since JSON numbers would lose digits; null where there is none. */
export type CumulativeAnswer = z.infer<typeof answerSchema>;

/** Writes a report as JSON. */
export function answerOf({ column, from, firstShown, lastShown, asOf, totals }: CumulativeReport): CumulativeAnswer {
  const days = totals.map(({ day, total }) => ({ day, totalDecimal: total === undefined ? null : decimalText(total) }));
  return { column, from, show: `${firstShown}..${lastShown}`, asOf: asOf.toISOString(), days };
}

/** Reads a report that another process has written; `undecodable` for anything else. */
export function readAnswer(answer: unknown): CumulativeReport {
  const { success, data, error } = answerSchema.safeParse(answer);
  if (!success) throw new WeirError('undecodable', `The daemon answers otherwise than this version understands: ${expectation(error)}`);
  const { column, from, asOf, days } = data;
  const totals = days.map(({ day, totalDecimal }) => ({ day, total: totalDecimal === null ? undefined : parseDecimal(totalDecimal) }));
  const [firstShown, lastShown] = [days[0]?.day ?? from, days.at(-1)?.day ?? from];
  return { column, from, firstShown, lastShown, asOf: new Date(asOf), totals };
}
