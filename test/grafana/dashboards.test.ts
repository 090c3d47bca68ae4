import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { dashboards } from '../../grafana/source/dashboards.ts';
import { dashboardFiles, runbookAnchors, type Panel } from '../support/monitoring.ts';
import { namesOf } from '../support/promql.ts';
import { dashboardModel } from './dashboardModel.ts';

const grafana = join(import.meta.dirname, '..', '..', 'grafana');
const names = ['overview', 'pipeline', 'billing', 'money', 'streams', 'kafka', 'process'];

/** What of a unit test of the rules tells which labels alerts have. */
interface AlertTest {
  readonly alert_rule_test?: readonly { readonly exp_alerts?: readonly { readonly exp_labels: Readonly<Record<string, string>> }[] }[];
}

function overlap({ gridPos: a }: Panel, { gridPos: b }: Panel): boolean {
  return a.x < b.x + b.w && b.x < a.x + a.w && a.y < b.y + b.h && b.y < a.y + a.h;
}

describe('the dashboards', () => {
  it('are these, each at an address that stays', () => {
    expect([...dashboardFiles].map(([file, { uid }]) => [file, uid]).sort()).toEqual(
      names.map((name) => [`${name}.json`, `weir-${name}`]).sort(),
    );
  });

  it.each([...dashboards()])('%s is as its source makes it (npm run docs)', (file, text) => {
    expect(readFileSync(join(grafana, 'dashboards', file), 'utf8')).toBe(text);
  });
});

describe.each([...dashboardFiles])('%s', (_file, dashboard) => {
  const { panels, templating } = dashboard;
  const shown = panels.filter(({ type }) => type !== 'row');
  const wrong = (isRight: (panel: Panel) => boolean): readonly string[] =>
    shown.filter((panel) => !isRight(panel)).map(({ title }) => title);

  it('is as the model of Grafana has it', () => {
    expect(dashboardModel.safeParse(dashboard).error).toBeUndefined();
  });

  it('asks the datasource that is provisioned', () => {
    const provisioned = readFileSync(join(grafana, 'provisioning', 'datasources', 'prometheus.yml'), 'utf8');
    const { datasources } = parse(provisioned) as { readonly datasources: readonly { readonly uid: string }[] };
    const asked = shown.flatMap(({ datasource, targets = [] }) => [datasource?.uid, ...targets.map((target) => target.datasource.uid)]);
    expect([...new Set(asked)]).toEqual(datasources.map(({ uid }) => uid));
  });

  it('asks in every heading a question, tells what answers it, in which unit, and leads to where one acts', () => {
    expect(panels.filter(({ title }) => !title.endsWith('?'))).toEqual([]);
    expect(wrong(({ description = '' }) => description !== '')).toEqual([]);
    expect(wrong(({ fieldConfig }) => fieldConfig?.defaults.unit !== undefined)).toEqual([]);
    expect(wrong(({ links = [] }) => links.length > 0)).toEqual([]);
  });

  it('leads to dashboards, sections of the runbook and variables that there are', () => {
    const urls = shown.flatMap(({ links = [] }) => links.map(({ url }) => url));
    const addresses = new Set(names.map((name) => `/d/weir-${name}?\${__url_time_range}`));
    const anchors = runbookAnchors();
    const isThere = (url: string): boolean =>
      url.startsWith('${console}/#/') || addresses.has(url) || (url.startsWith('${runbook}#') && anchors.has(url.split('#')[1] ?? ''));
    expect(urls.filter((url) => !isThere(url))).toEqual([]);
    const used = JSON.stringify(dashboard).matchAll(/\$\{?([a-z]\w*)/g);
    const known = templating.list.map(({ name }) => name);
    expect([...used].map(([, name = '']) => name).filter((name) => !known.includes(name))).toEqual([]);
  });

  it('fits in its 24 columns, no panel over another, each with an id of its own', () => {
    expect(panels.filter(({ gridPos: { x, w } }) => x + w > 24)).toEqual([]);
    const covered = panels.flatMap((panel, index) => panels.slice(index + 1).filter((other) => overlap(panel, other)));
    expect(covered).toEqual([]);
    expect(new Set(panels.map(({ id }) => id)).size).toBe(panels.length);
  });
});

describe('the runbook', () => {
  it('names panels and headings that there are', () => {
    const titles = new Set([...dashboardFiles.values()].flatMap(({ panels }) => panels.map(({ title }) => title)));
    const text = readFileSync(join(grafana, '..', 'docs', 'operations.md'), 'utf8').replaceAll(/\n\s*/g, ' ');
    const named = [...text.matchAll(/"([A-Z][^"]*\?)"/g)].map(([, title = '']) => title);
    expect(named).toContain('Does publishing fail?');
    expect(named.filter((title) => !titles.has(title))).toEqual([]);
  });
});

describe('the overview', () => {
  it('has a column for each label that tells one firing alert from another', () => {
    const file = readFileSync(join(grafana, '..', 'config', 'prometheus', 'alerts.test.yml'), 'utf8');
    const { tests } = parse(file) as { readonly tests: readonly AlertTest[] };
    const told = tests.flatMap(({ alert_rule_test = [] }) =>
      alert_rule_test.flatMap(({ exp_alerts = [] }) => exp_alerts.flatMap(({ exp_labels }) => Object.keys(exp_labels))),
    );
    const table = dashboardFiles.get('overview.json')?.panels.find(({ title }) => title === 'Which alerts fire?');
    const columns = namesOf(table?.targets?.[0]?.expr ?? '').groupings;
    expect([...new Set(told)].filter((label) => label !== 'cause' && !columns.includes(label))).toEqual([]);
    expect(columns).toEqual(expect.arrayContaining(['account', 'method', 'step']));
  });

  it('fits on one screen', () => {
    const lines = dashboardFiles.get('overview.json')?.panels.map(({ gridPos: { y, h } }) => y + h) ?? [];
    // A line is 30 pixels and a gap of 8; a screen of 1080 has about 27 under the bars of browser and dashboard.
    expect(Math.max(...lines)).toBeLessThanOrEqual(27);
  });
});

describe('the model', () => {
  const [first] = dashboardFiles.values();
  it.each<[string, object]>([
    ['a kind of panel that Grafana has not', { panels: [{ ...first?.panels[1], type: 'timeserie' }] }],
    ['a field that it does not know', { refrehs: '5s' }],
    ['a dashboard without an address', { uid: undefined }],
    ['a panel without a place', { panels: [{ ...first?.panels[1], gridPos: undefined }] }],
  ])('refuses %s', (_what, change) => {
    expect(dashboardModel.safeParse(first).success).toBe(true);
    expect(dashboardModel.safeParse({ ...first, ...change }).success).toBe(false);
  });
});
