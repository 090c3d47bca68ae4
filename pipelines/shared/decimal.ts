import { WeirError } from '../../src/errors.ts';

/** An exact decimal number: `units` of ten to the power of `-scale`. `12.50` is 1250 units at scale 2, and keeps its last zero. */
export interface Decimal {
  readonly units: bigint;
  /** How many digits stand behind the point; 0 or more. */
  readonly scale: number;
}

/** What PostgreSQL writes a `numeric` as; never an exponent. */
const written = /^(-?)(\d+)(?:\.(\d+))?$/;

/** Reads decimal text of any number of digits; `undecodable` for anything else, `NaN` and `Infinity` among it. */
export function parseDecimal(text: string): Decimal {
  const [, sign, whole, fraction = ''] = written.exec(text) ?? [];
  if (whole === undefined) throw new WeirError('undecodable', 'Expected a number in decimal digits.');
  const units = BigInt(whole + fraction);
  return { units: sign === '-' ? -units : units, scale: fraction.length };
}

/** Its digits as they were read. */
export function decimalText(decimal: Decimal): string {
  return digitsOf(decimal, '');
}

/** Its digits for people, the whole ones in groups of three: `-1,234,567.50`. */
export function groupDecimal(decimal: Decimal): string {
  return digitsOf(decimal, ',');
}

/** How many units it has at a scale that is not smaller than its own. */
export function unitsAt({ units, scale }: Decimal, atScale: number): bigint {
  return units * 10n ** BigInt(atScale - scale);
}

/** What is added to the other to get the one. */
export function difference(one: Decimal, other: Decimal): Decimal {
  const scale = Math.max(one.scale, other.scale);
  return { units: unitsAt(one, scale) - unitsAt(other, scale), scale };
}

function digitsOf({ units, scale }: Decimal, separator: string): string {
  const digits = (units < 0n ? -units : units).toString().padStart(scale + 1, '0');
  const whole = digits.slice(0, digits.length - scale).replace(/\B(?=(?:\d{3})+$)/g, separator);
  return `${units < 0n ? '-' : ''}${whole}${scale === 0 ? '' : `.${digits.slice(-scale)}`}`;
}
