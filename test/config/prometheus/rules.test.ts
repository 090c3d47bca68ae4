import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { foreignSeries } from '../../../grafana/source/foreignSeries.ts';
import { settleSchedule } from '../../../pipelines/billing/schedules.ts';
import { systems } from '../../../pipelines/index.ts';
import { dashboardQueries, recordings, rules, runbookAnchors } from '../../support/monitoring.ts';
import { namesOf } from '../../support/promql.ts';

interface AlertCheck {
  readonly alertname: string;
  readonly eval_time: string;
  readonly exp_alerts?: readonly unknown[];
}

const text = readFileSync(join(import.meta.dirname, '../../../config/prometheus/alerts.test.yml'), 'utf8');
const { tests } = parse(text) as { readonly tests: readonly { readonly alert_rule_test?: readonly AlertCheck[] }[] };

const minutes = ({ eval_time }: AlertCheck): number => Number.parseInt(eval_time, 10);
const fires = ({ exp_alerts = [] }: AlertCheck): boolean => exp_alerts.length > 0;

describe.each(rules().map((rule) => [rule.alert, rule] as const))('%s', (name, { labels, annotations }) => {
  it('says how urgent it is and what is behind it', () => {
    expect(['page', 'ticket']).toContain(labels['severity']);
    expect(['process', 'monitoring', 'work', 'bus', 'dependency', 'job', 'money', 'person']).toContain(labels['cause']);
    expect(Object.keys(labels).sort()).toEqual(['cause', 'severity']);
  });

  it('has a sentence, three steps, and a section of the runbook', () => {
    expect(Object.keys(annotations).sort()).toEqual(['description', 'runbook_url', 'summary']);
    expect(annotations['summary']).toMatch(/\.(?:\{\{ end \}\})?$/);
    expect(annotations['description']).toMatch(/^1\. .+ 2\. .+ 3\. .+\.$/);
    const [file, anchor = ''] = (annotations['runbook_url'] ?? '').split('#');
    expect(file).toBe('docs/operations.md');
    expect(runbookAnchors()).toContain(anchor);
  });

  it('is seen to rest, to fire, and to end', () => {
    const checked = tests.map(({ alert_rule_test = [] }) => alert_rule_test.filter(({ alertname }) => alertname === name));
    const lives = checked.filter((checks) => {
      const firing = checks.filter(fires).map(minutes);
      const resting = checks.filter((check) => !fires(check)).map(minutes);
      return resting.some((at) => at < Math.min(...firing)) && resting.some((at) => at > Math.max(...firing));
    });
    expect(lives.length).toBeGreaterThan(0);
  });
});

describe('the alerts', () => {
  it('tell a number where they have one', () => {
    const numberless = rules().filter(({ annotations }) => !/\$value/.test(annotations['summary'] ?? ''));
    // What does not answer, move or fire has no number, nor has a time that is over.
    expect(numberless.map(({ alert }) => alert)).toEqual([
      'WeirDown',
      'WeirProcessDown',
      'WeirDatabaseAway',
      'WeirGaugesSilent',
      'WeirScrapeFails',
      'WeirNoProgress',
      'WeirDependencyAway',
      'WeirScheduleOff',
    ]);
  });

  it('leave out of what is missed the sweeps, and nothing else', () => {
    const expression = rules().find(({ alert }) => alert === 'WeirScheduleMissed')?.expr ?? '';
    const [, leftOut = ''] = /schedule!~"(.*)"/.exec(expression) ?? [];
    const sweeps = systems.schedules.filter(({ isForgettable }) => isForgettable).map(({ name }) => name);
    const matched = systems.schedules.map(({ name }) => name).filter((name) => new RegExp(`^(?:${leftOut})$`).test(name));
    expect(matched).toEqual(sweeps);
  });

  it('give the settlement six hours from midnight', () => {
    expect(settleSchedule.cron).toBe('0 0 1 * *');
    expect(rules().find(({ alert }) => alert === 'WeirSettlementLate')?.expr).toContain(`> ${6 * 3_600}`);
  });
});

describe('the recording rules', () => {
  const listed = Object.keys(foreignSeries).filter((name) => name.includes(':'));

  it('are those that are listed, each asked for by a panel', () => {
    expect(recordings().map(({ record }) => record)).toEqual(listed);
    const asked = new Set(dashboardQueries().flatMap(({ expression }) => namesOf(expression).metrics.map(({ name }) => name)));
    expect(listed.filter((name) => !asked.has(name))).toEqual([]);
  });

  it('have the labels that are listed', () => {
    const grouped = recordings().map(({ expr }) => namesOf(expr).groupings.filter((label) => label !== 'le'));
    expect(grouped).toEqual(listed.map((name) => (foreignSeries as Record<string, readonly string[]>)[name]));
  });
});

describe('the topics of WeirDeadLettersWait', () => {
  it('are those whose dead letters stand nowhere else, and each that it leaves out is one', () => {
    const expr = rules().find(({ alert }) => alert === 'WeirDeadLettersWait')?.expr ?? '';
    const leftOut = (/topic!~"([^"]+)"/.exec(expr)?.[1] ?? '').split('|').map((each) => new RegExp(`^${each}$`));
    const topics = systems.topics.map(({ name }) => name);
    expect(topics.filter((name) => leftOut.every((each) => !each.test(name)))).toEqual(['payment.succeeded', 'trades:filled']);
    for (const each of leftOut) expect(topics.some((name) => each.test(name))).toBe(true);
  });
});
