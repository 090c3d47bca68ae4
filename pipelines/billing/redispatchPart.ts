import { z } from 'zod';
import type { DispatchedBill } from './dispatchedBill.ts';

/**
 * Why a bill is looked at again. `due`: its next time has come. `lost`: it is SEND_PENDING, and its message cannot be on the way
 * any more. `expired`: its holder's lease ran out. `text`: it is to be sent as SMS, nobody holds it, and it is due, its message was lost
 * or its holder died.
 */
export const redispatchKinds = ['due', 'lost', 'expired', 'text'] as const;

export type RedispatchKind = (typeof redispatchKinds)[number];

/** Business times of a redispatch. */
export interface RedispatchTimes {
  /** The run's own time, which marks what it publishes. */
  readonly asOf: Date;
  /** A bill that has been pending since before this has lost its message. */
  readonly lostBefore: Date;
  /** The same for one that waits to be sent as SMS. */
  readonly textLostBefore: Date;
  /** An SMS whose holder died is asked for again when it was first asked for after this: the endpoint remembers its key. */
  readonly textRepeatAfter: Date;
}

/** What one partition of a redispatch looks for: bills of a kind and a billing month. */
export interface RedispatchPart extends RedispatchTimes {
  readonly kind: RedispatchKind;
  /** First day of the billing month, `YYYY-MM-DD`. */
  readonly billingDate: string;
}

/** A bill that is looked at again, and for what. */
export interface FoundBill extends DispatchedBill {
  readonly part: RedispatchPart;
  /** The attempt under which it is sent as SMS, or was claimed. */
  readonly token: bigint | undefined;
}

const time = z.iso.datetime().transform((text) => new Date(text));
const input = z.object({
  kind: z.enum(redispatchKinds),
  billingDate: z.string(),
  lostBefore: time,
  textLostBefore: time,
  textRepeatAfter: time,
});

interface PartPlan {
  readonly name: string;
  readonly input: Readonly<Record<string, string>>;
  readonly total: undefined;
}

/** The partition of a part. Nobody knows how many bills it has: counting them costs as much as marking them. */
export function planPart({ kind, billingDate, lostBefore, textLostBefore, textRepeatAfter }: RedispatchPart): PartPlan {
  const times = {
    lostBefore: lostBefore.toISOString(),
    textLostBefore: textLostBefore.toISOString(),
    textRepeatAfter: textRepeatAfter.toISOString(),
  };
  return { name: `${kind} ${billingDate.slice(0, 7)}`, input: { kind, billingDate, ...times }, total: undefined };
}

/** The part of a partition; its run's key is the time. */
export function readPart(partition: { readonly key: Date; readonly input: unknown }): RedispatchPart {
  return { ...input.parse(partition.input), asOf: partition.key };
}

/**
 * Since when bills must have been pending to have lost their messages: for `lostAfterMs`, and for as long before the oldest message
 * was published that is not settled (undefined: every message is). A bill is marked before its message is published, so one that
 * was marked shortly before that message may be the very bill it is about.
 */
export function lostBeforeOf(asOf: Date, oldestUnsettledAt: Date | undefined, lostAfterMs: number): Date {
  return new Date(Math.min(asOf.getTime(), (oldestUnsettledAt ?? asOf).getTime()) - lostAfterMs);
}
