import { spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { parse, stringify } from 'yaml';
import { beforeAll, describe, expect, it } from 'vitest';
import { dispatch } from '../../../pipelines/billing/dispatch.job.ts';
import { settle } from '../../../pipelines/billing/settle.job.ts';
import { dayOf } from '../../../pipelines/shared/period.ts';
import { openRun } from '../../../src/runtime/jobs/openRun.ts';
import { startPrometheus } from '../../../stack/prometheus.ts';
import { prometheusBinaries } from '../../../stack/prometheusBinaries.ts';
import { say } from '../../commandLine/aPlace.ts';
import { aKafkaExporter } from '../../support/aKafkaExporter.ts';
import { atTheEnd } from '../../support/atTheEnd.ts';
import { dashboardQueries, ruleQueries, rules } from '../../support/monitoring.ts';
import { orSkipped } from '../../support/orSkipped.ts';
import { startWeir, type WeirProcess } from '../../support/weirProcess.ts';
import { aMonth, type AMonth } from '../daemon/aMonth.ts';
import { eventually } from '../daemon/eventually.ts';
import { theTopic } from '../daemon/theTopic.ts';

const folder = join(import.meta.dirname, '..', '..', '..', 'config', 'prometheus');
const binaries = await orSkipped(prometheusBinaries);

/** The configuration that is shipped, asking one process of this machine instead of the service's replicas, every second. */
function configurationFor(targets: Readonly<Record<string, string>>): string {
  const shipped = parse(readFileSync(join(folder, 'prometheus.yml'), 'utf8')) as {
    readonly rule_files: readonly string[];
    readonly scrape_configs: readonly { readonly job_name: string }[];
  };
  const jobs = shipped.scrape_configs.map(({ job_name }) => job_name).filter((job) => job in targets);
  return stringify({
    global: { scrape_interval: '1s', scrape_timeout: '1s', evaluation_interval: '1s' },
    rule_files: shipped.rule_files.map((file) => join(folder, file)),
    scrape_configs: jobs.map((job_name) => ({ job_name, static_configs: [{ targets: [targets[job_name]] }] })),
  });
}

interface Answer {
  readonly status: string;
  readonly error?: string;
  readonly data?: {
    readonly result: readonly { readonly metric: Readonly<Record<string, string>>; readonly value: readonly [number, string] }[];
  };
}

/** Asks as Grafana does, with its variables replaced. */
async function ask(url: string, expression: string): Promise<Answer> {
  const query = expression
    .replaceAll('$__rate_interval', '1m')
    .replaceAll('$__range', '1h')
    .replaceAll('$pipeline', '.+')
    .replaceAll('$instance', '.+');
  const response = await fetch(`${url}/api/v1/query`, { method: 'POST', body: new URLSearchParams({ query }) });
  return (await response.json()) as Answer;
}

/** Samples that are numbers: a quantile of nothing is none. */
function numbers({ data }: Answer): readonly number[] {
  return (data?.result ?? []).map(({ value: [, text] }) => Number(text)).filter(Number.isFinite);
}

/** Whose answer may be empty: nothing stands, is lost or is late; only the poison is told. */
function mayBeEmpty(): readonly string[] {
  return rules()
    .map(({ alert }) => alert)
    .filter((alert) => alert !== 'WeirDeadLetters');
}

/** A run that another process works on, four tenths done. */
async function aRunElsewhere({ database }: AMonth): Promise<void> {
  await database.execute({
    text: `INSERT INTO weir.job_run (job, key, plan_version, status, planned_at)
      VALUES ($1, '2000-01', $2, 'OPEN', clock_timestamp())`,
    values: [settle.name, settle.planVersion],
  });
  await database.execute({
    text: `
      INSERT INTO weir.job_partition
        (run_id, name, ordinal, input, total, status, lease_owner, lease_until, rows_read, rows_per_second, started_at)
      SELECT id, 'all', 0, '{}', 100, 'RUNNING', 'elsewhere', clock_timestamp() + interval '1 hour', 40, 2, clock_timestamp()
      FROM weir.job_run WHERE key = '2000-01'`,
    values: [],
  });
}

describe.skipIf(binaries === undefined)('a real Prometheus over a daemon that works', () => {
  let url: string;
  let weir: WeirProcess;

  beforeAll(async () => {
    const month = await aMonth();
    await month.load([...Array.from({ length: 30 }, () => ({})), { publicInfoId: 2_001n, email: 'nobody@refused.example' }]);
    month.inbox.faults.add({ phase: 'rcpt', to: '@refused.example', action: { kind: 'reply', text: '550 5.1.1 no such mailbox' } });
    month.inbox.faults.add({ phase: 'rcpt', times: 3, action: { kind: 'reply', text: '451 4.7.1 again' } });
    const settled = await say(['run', '--job', settle.name, '--key', month.month.billing], {
      ...month.environment,
      WEIR_LOG_LEVEL: 'error',
    });
    expect(settled.exitCode, settled.errors).toBe(0);
    await aRunElsewhere(month);
    weir = startWeir({ ...month.environment, WEIR_API_PORT: '0' }, 'run');
    const prometheus = await startPrometheus(
      configurationFor({ weir: new URL(await weir.adminUrl()).host, kafka: await aKafkaExporter() }),
    );
    atTheEnd(() => prometheus.close());
    ({ url } = prometheus);
    // A counter's first value is no rise: it is seen before anything happens.
    await eventually('Prometheus has seen the daemon at rest', async () => {
      const seen = await ask(url, 'weir_pipeline_messages_total{outcome="dead"} == 0 and on () weir_job_open_runs > 0');
      return numbers(seen).length > 0;
    });
    await openRun(month.database, { job: dispatch.name, key: dayOf(month.month.billing, 15), planVersion: dispatch.planVersion });
    const topic = await theTopic(month.redisUrl);
    await topic.append('key', 'poison', 'value', 'x');
    await eventually('bills are sent and the poison is put aside', async () => {
      const { COMPLETED = 0 } = await month.bills();
      return COMPLETED >= 25 && (await topic.deadLetters()).length > 0;
    });
  });

  it('answers every panel and every rule, and those that must have data do', async () => {
    const queries = [...dashboardQueries(), ...ruleQueries()];
    const quiet = mayBeEmpty();
    const empty: string[] = [];
    const api = String((await weir.logged('public API open'))['address']);
    await eventually('every query has an answer', async () => {
      await fetch(`${api}/openapi.json`);
      const answers = await Promise.all(queries.map(async (query) => ({ ...query, answer: await ask(url, query.expression) })));
      const failed = answers.filter(({ answer }) => answer.status !== 'success');
      expect(failed.map(({ where, answer }) => [where, answer.error])).toEqual([]);
      empty.splice(0, Infinity, ...answers.filter(({ answer }) => numbers(answer).length === 0).map(({ where }) => where));
      return empty.every((where) => quiet.includes(where));
    }).catch(() => undefined);
    expect(empty.filter((where) => !quiet.includes(where))).toEqual([]);
  });

  it('counts the partitions of Kafka that have no leader, and takes what is not committed yet for no lag', async () => {
    const answerOf = async (title: string): Promise<readonly number[]> => {
      const query = dashboardQueries().find(({ where }) => where === `weir-kafka: ${title}`);
      return numbers(await ask(url, query?.expression ?? ''));
    };
    const titles = [
      'Has a partition no leader?',
      'How far is each group behind, as the broker sees it?',
      'How many dead letters lie there?',
    ];
    let answers: readonly (readonly number[])[] = [];
    // A scrape that was answered too late leaves nothing until the next.
    await eventually('each has an answer', async () => {
      answers = await Promise.all(titles.map(answerOf));
      return answers.every((answer) => answer.length > 0);
    });
    expect(answers).toEqual([[1], [30], [2]]);
  });

  it('gives metrics of which promtool has nothing to say', async () => {
    const metrics = await (await fetch(`${await weir.adminUrl()}/metrics`)).text();
    expect(metrics).toContain('weir_pipeline_messages_total');
    const promtool = spawn(binaries?.promtool ?? '', ['check', 'metrics']);
    promtool.stdin.end(metrics);
    const said = await Promise.all([text(promtool.stdout), text(promtool.stderr)]);
    expect(said.join('')).toBe('');
  });
});
