import { beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { PostgresDatabase } from '../../../src/connectors/postgres/openDatabase.ts';
import type { Statement } from '../../../src/connectors/database.ts';
import type { BusinessGauge } from '../../../src/metrics/catalogue.ts';
import { askAllGauges } from '../../../src/runtime/gauges/askAllGauges.ts';
import type { GaugeQuestion } from '../../../src/runtime/gauges/gaugeQuestion.ts';
import { aDatabase } from '../../support/services.ts';
import { open } from '../../connectors/postgres/aPostgres.ts';

let url: string;
let database: PostgresDatabase;
beforeAll(async () => {
  url = await aDatabase();
});
beforeEach(() => {
  // One: what takes a second one waits in vain. Anew for each: a connection knows names.
  database = open(url, { maxConnections: 1 });
});

const names: readonly BusinessGauge[] = [
  'weir_bills',
  'weir_bills_overdue',
  'weir_orders_waiting',
  'weir_payments_parked',
  'weir_deposits_overdue',
];
const nameOf = new Map<string, BusinessGauge>();

/** A question of this text; another text is asked for another metric. */
function asking(text: string, values: (now: Date) => Statement['values'] = () => []): GaugeQuestion {
  const metric = nameOf.get(text) ?? names[nameOf.size];
  if (metric === undefined) throw new RangeError('more texts than names');
  nameOf.set(text, metric);
  return { profile: 'test', metrics: [metric], labels: {}, statement: (at) => ({ text, values: values(at) ?? [] }) };
}

beforeEach(() => nameOf.clear());

const now = new Date('2026-11-15T00:00:00Z');

/** What is told of questions, by their place and in its order. */
async function told(questions: readonly GaugeQuestion[], over = new AbortController()): Promise<readonly (readonly [number, unknown])[]> {
  const answers: (readonly [number, unknown])[] = [];
  const ask = askAllGauges(database, () => now);
  await ask(questions, (question, [row]) => void answers.push([questions.indexOf(question), row?.['is']]), over.signal);
  return answers.toSorted(([one], [other]) => one - other);
}

const transaction = 'SELECT pg_backend_pid() || transaction_timestamp()::text AS is';

describe('the gauges of systems', () => {
  it('are asked in two transactions, however many there are, as of now', async () => {
    const answers = await told(Array.from({ length: 6 }, () => asking(transaction)));
    expect(answers.map(([at]) => at)).toEqual([0, 1, 2, 3, 4, 5]);
    expect(new Set(answers.map(([, is]) => is)).size).toBe(2);
    const asOf = asking('SELECT $1::text AS is', (at) => [at.toISOString()]);
    expect(await told([asOf])).toEqual([[0, now.toISOString()]]);
  });

  it('are told, each but those that fail or take too long, wherever these stand', async () => {
    const [fine, failing, slow] = [asking('SELECT 1 AS is'), asking('SELECT 1 / 0 AS is'), asking('SELECT pg_sleep(20)')];
    expect(await told([failing, fine, slow, failing, { ...fine }, { ...fine }, { ...failing }])).toEqual([
      [1, 1],
      [4, 1],
      [5, 1],
    ]);
    const over = new AbortController();
    setTimeout(() => over.abort(), 1_000);
    expect(await told([fine, slow, { ...fine }], over), 'within a scrape').toEqual([
      [0, 1],
      [2, 1],
    ]);
    expect(await told([])).toEqual([]);
  });

  it('that stood behind one which ended their connection are told', async () => {
    const fine = asking('SELECT 1 AS is');
    expect(await told([fine, asking('SELECT pg_terminate_backend(pg_backend_pid())'), { ...fine }])).toEqual([
      [0, 1],
      [2, 1],
    ]);
  });

  it('are asked no more when nobody waits for them', async () => {
    await database.execute('CREATE SEQUENCE asked');
    const over = new AbortController();
    const next = asking(`SELECT nextval('asked')::int AS is`);
    const answers: unknown[] = [];
    const ask = askAllGauges(database, () => now);
    const take = (_: GaugeQuestion, [row]: readonly Readonly<Record<string, unknown>>[]): void => {
      answers.push(row?.['is']);
      over.abort();
    };
    await ask([next, { ...next }, { ...next }], take, over.signal);
    expect(answers).toEqual([1]);
    expect(await database.query(`SELECT nextval('asked')::int AS is`)).toEqual([{ is: 2 }]);
    expect(await told([next], over)).toEqual([]);
  });
});
