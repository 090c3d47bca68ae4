import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { overview, type Panel } from '../support/monitoring.ts';

const provisioning = join(import.meta.dirname, '..', '..', 'grafana', 'provisioning', 'datasources', 'prometheus.yml');

function overlap({ gridPos: a }: Panel, { gridPos: b }: Panel): boolean {
  return a.x < b.x + b.w && b.x < a.x + a.w && a.y < b.y + b.h && b.y < a.y + a.h;
}

describe('the overview', () => {
  const { panels } = overview();
  const shown = panels.filter(({ type }) => type !== 'row');

  it('asks the datasource that is provisioned', () => {
    const { datasources } = parse(readFileSync(provisioning, 'utf8')) as { readonly datasources: readonly { readonly uid: string }[] };
    const asked = new Set(
      shown.flatMap(({ datasource, targets = [] }) => [datasource?.uid, ...targets.map((target) => target.datasource.uid)]),
    );
    expect([...asked]).toEqual(datasources.map(({ uid }) => uid));
  });

  it('tells of every panel what it shows', () => {
    expect(shown.filter(({ description = '' }) => description === '').map(({ title }) => title)).toEqual([]);
  });

  it('fits in its 24 columns, no panel over another, each with an id of its own', () => {
    expect(panels.filter(({ gridPos: { x, w } }) => x + w > 24)).toEqual([]);
    const covered = panels.flatMap((panel, index) => panels.slice(index + 1).filter((other) => overlap(panel, other)));
    expect(covered).toEqual([]);
    expect(new Set(panels.map(({ id }) => id)).size).toBe(panels.length);
  });
});
