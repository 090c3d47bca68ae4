import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { systems } from '../../pipelines/index.ts';
import { houseRoutes } from '../../src/console/house/houseRoutes.ts';

const folder = join(import.meta.dirname, '..', '..', 'src', 'console', 'page');
const files = readdirSync(folder, { recursive: true, encoding: 'utf8' }).filter((name) => name.endsWith('.ts'));
const code = files.map((name) => readFileSync(join(folder, name), 'utf8')).join('\n');
const named = (pattern: RegExp): readonly string[] => [...new Set([...code.matchAll(pattern)].map(([, name = '']) => name))].sort();
const routes: readonly { readonly name: string; readonly kind: string }[] = [...houseRoutes, ...systems.routes];

describe('the page', () => {
  it('has a button for everything that operators do or look at', () => {
    const acted = routes.filter(({ kind }) => kind !== 'question').map(({ name }) => name);
    expect(named(/actionButton\(\s*desk,\s*'([a-z.-]+)'/g)).toEqual(acted.sort());
  });

  it('asks only what there is to ask', () => {
    const questions = new Set([...routes.map(({ name }) => name), 'session.open', 'session.show', 'session.close']);
    const asked = named(/(?:ask(?:<[^(]*>)?|checkButton)\(\s*'([a-z.-]+)'/g);
    expect(asked.length).toBeGreaterThan(15);
    expect(asked.filter((name) => !questions.has(name))).toEqual([]);
  });
});
