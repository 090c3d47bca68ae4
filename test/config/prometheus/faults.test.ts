import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { rules } from '../../support/monitoring.ts';

const folder = join(import.meta.dirname, '../../integration/alerts');

it('each alert has a fault that is caused in a daemon at work, and is seen to be told and to end', () => {
  const sources = readdirSync(folder)
    .filter((file) => file.endsWith('.test.ts'))
    .map((file) => readFileSync(join(folder, file), 'utf8'));
  const caused = new Set(sources.flatMap((source) => [...source.matchAll(/\balert: '(\w+)'/g)].map(([, name]) => name)));
  expect(
    rules()
      .map(({ alert }) => alert)
      .filter((alert) => !caused.has(alert)),
  ).toEqual([]);
});
