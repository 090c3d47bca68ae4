import { unitsAt, type Decimal } from '../shared/decimal.ts';

/** An upright axis: round numbers from below the smallest value to above the largest; none where there is no value. */
export interface ChartAxis {
  /** From the lowest to the highest, evenly apart. */
  readonly ticks: readonly Decimal[];
  /** Where a value stands between the lowest tick (0) and the highest (1), to a ten-thousandth. */
  readonly shareOf: (value: Decimal) => number;
}

/** How many steps an axis has, about: more cannot be told apart, fewer say little. */
const aboutSteps = 5n;

/** The axis for values of any size, by whole numbers only: a double would round what has twenty digits. */
export function axisOf(values: readonly Decimal[]): ChartAxis {
  if (values.length === 0) return { ticks: [], shareOf: () => 0 };
  const scale = values.reduce((largest, value) => Math.max(largest, value.scale), 0);
  const units = values.map((value) => unitsAt(value, scale));
  const least = units.reduce((one, other) => (other < one ? other : one), units[0] ?? 0n);
  const most = units.reduce((one, other) => (other > one ? other : one), units[0] ?? 0n);
  const step = least === most ? aroundOne(least, scale) : stepOf(most - least);
  const low = floorTo(least, step) - (least === most ? step : 0n);
  const high = -floorTo(-most, step) + (least === most ? step : 0n);
  const ticks = Array.from({ length: Number((high - low) / step) + 1 }, (_, at) => ({ units: low + BigInt(at) * step, scale }));
  return {
    ticks: withoutIdleZeros(ticks),
    shareOf: (value) => Number(((unitsAt(value, scale) - low) * 10_000n) / (high - low)) / 10_000,
  };
}

/** The smallest of 1, 2 and 5 times a power of ten that divides a range into no more steps than wanted. */
function stepOf(range: bigint): bigint {
  for (let power = 1n; ; power *= 10n) {
    for (const step of [power, 2n * power, 5n * power]) if (step * aboutSteps >= range) return step;
  }
}

/** The step around a single value: a number of its own size, or one. */
function aroundOne(units: bigint, scale: number): bigint {
  const digits = (units < 0n ? -units : units).toString().length;
  return units === 0n ? 10n ** BigInt(scale) : 10n ** BigInt(digits - 1);
}

function floorTo(units: bigint, step: bigint): bigint {
  const rest = units % step;
  return units - (rest < 0n ? rest + step : rest);
}

/** Without the decimals that are zero in all of them. */
function withoutIdleZeros(ticks: readonly Decimal[]): readonly Decimal[] {
  const isIdle = ticks.every(({ units, scale }) => scale > 0 && units % 10n === 0n);
  return isIdle ? withoutIdleZeros(ticks.map(({ units, scale }) => ({ units: units / 10n, scale: scale - 1 }))) : ticks;
}
