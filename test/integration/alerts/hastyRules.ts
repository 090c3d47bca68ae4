import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

const shipped = join(import.meta.dirname, '../../../config/prometheus/alerts.yml');

/** How many times sooner a rule sees what it looks for: a minute is a second. */
const times = 60;
const seconds: Readonly<Record<string, number>> = { s: 1, m: 60, h: 3_600 };

/** The same of what is told only once it has lasted for hours: an hour is a second. */
const timesOfHours = 3_600;

/**
 * Writes the shipped rules with every `for`, `keep_firing_for`, range and offset a sixtieth as long, and a `for` of hours so many seconds.
 * What they compare with is as it was: what has to be old is made old by its fault.
 */
export function hastyRules(file: string): void {
  const hasty = readFileSync(shipped, 'utf8').replaceAll(
    /(\b(?:keep_firing_)?for: |\[|\boffset )(\d+)([smh])\b/g,
    (_all, before: string, count: string, unit: string) => {
      const sooner = before === 'for: ' && unit === 'h' ? timesOfHours : times;
      return `${before}${(Number(count) * (seconds[unit] ?? 0) * 1_000) / sooner}ms`;
    },
  );
  writeFileSync(file, hasty);
}
