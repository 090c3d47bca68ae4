import { largestAmountMinor } from '../shared/money.ts';

/** A key under which a balance is staged for a day. */
export interface StagedKey {
  readonly userId: bigint;
  /** `YYYY-MM-DD`. */
  readonly day: string;
}

/** What every staged key looks like to `SCAN`. */
export const stagedKeyGlob = 'user:*:batch_balance:*';

const stagedKeyPattern = /^user:([1-9]\d{0,18}):batch_balance:(\d{4}-\d{2}-\d{2})$/;

/** The balance of a user, as other programs read it. */
export function balanceKey(userId: bigint): string {
  return `user:${userId}:balance`;
}

/** The balance that a user will have from a day on. */
export function stagedKey({ userId, day }: StagedKey): string {
  return `user:${userId}:batch_balance:${day}`;
}

/** The days for which balances are staged. */
export const daysKey = 'deposits:staged';

/** The users with a balance staged for a day. */
export function indexKey(day: string): string {
  return `deposits:staged:${day}`;
}

/** Reads a staged key; undefined for one that only looks alike. */
export function parseStagedKey(key: string): StagedKey | undefined {
  const [, userId, day] = stagedKeyPattern.exec(key) ?? [];
  if (userId === undefined || day === undefined || !isDay(day) || BigInt(userId) >= 2n ** 63n) return undefined;
  return { userId: BigInt(userId), day };
}

function isDay(text: string): boolean {
  const instant = new Date(`${text}T00:00:00Z`);
  return !Number.isNaN(instant.getTime()) && instant.toISOString().startsWith(text);
}

const integer = /^-?(0|[1-9]\d{0,18})$/;

/** Reads a staged balance, in minor units; undefined for what is no integer, or larger than any that is believed: sums stay within 64 bits. */
export function parseStagedBalance(text: string): bigint | undefined {
  if (!integer.test(text) || text === '-0') return undefined;
  const value = BigInt(text);
  return value <= largestAmountMinor && value >= -largestAmountMinor ? value : undefined;
}
