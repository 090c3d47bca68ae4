import { WeirError } from '../../src/errors.ts';

/**
 * Money is a `bigint` of minor units everywhere (won for KRW, cents for USD): sums are exact and there is no rounding but the
 * one written down in `percentOf`. In JSON of messages and of the API an amount is a decimal string of minor units
 * (`"12340"`), since a reader that parses numbers as doubles would change large ones silently.
 */

/** `percent` of an amount that is not negative, rounded down: what is rounded away is never given. */
export function percentOf(amountMinor: bigint, percent: bigint): bigint {
  return (amountMinor * percent) / 100n;
}

/** The sum; zero of nothing. */
export function sum(amountsMinor: Iterable<bigint>): bigint {
  let total = 0n;
  for (const amount of amountsMinor) total += amount;
  return total;
}

/** The smaller of two amounts. */
export function smaller(one: bigint, other: bigint): bigint {
  return one < other ? one : other;
}

/** Largest amount that is believed, in minor units: a thousandth of what `bigint` of the database holds, and exact as a double. */
export const largestAmountMinor = 9_000_000_000_000_000n;

const decimal = /^(0|[1-9]\d*)(?:\.(\d+))?$/;

/**
 * Reads an amount that is not negative from decimal text in major units: `'12340'` won, `'12.34'` dollars with two decimals.
 * Refuses signs, exponents, leading zeros, spaces, more decimals than the currency has, and what is above `largestAmountMinor`:
 * `undecodable`, with a text that does not repeat the input.
 */
export function parseMoney(text: string, decimals = 0): bigint {
  const [, whole, fraction = ''] = decimal.exec(text) ?? [];
  if (whole === undefined || fraction.length > decimals || whole.length > 16) {
    throw new WeirError('undecodable', `Expected an amount as decimal digits with at most ${decimals} decimals.`);
  }
  const amount = BigInt(whole + fraction.padEnd(decimals, '0'));
  if (amount > largestAmountMinor) throw new WeirError('undecodable', 'The amount is larger than any that is believed.');
  return amount;
}

/** An amount that is not negative, without unit: `12,340`. */
export function groupThousands(amountMinor: bigint): string {
  return amountMinor.toString().replace(/\B(?=(?:\d{3})+$)/g, ',');
}

/** Korean won as in running text: `12,340원`, `−500원`. */
export function formatWon(amountMinor: bigint): string {
  return amountMinor < 0n ? `−${groupThousands(-amountMinor)}원` : `${groupThousands(amountMinor)}원`;
}

/** Korean won with its sign: `₩12,340`, `−₩500`. */
export function formatWonSign(amountMinor: bigint): string {
  return amountMinor < 0n ? `−₩${groupThousands(-amountMinor)}` : `₩${groupThousands(amountMinor)}`;
}
