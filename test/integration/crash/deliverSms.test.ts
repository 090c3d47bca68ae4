import { expect, it, vi } from 'vitest';
import { operatorStore } from '../../../pipelines/billing/operatorStore.ts';
import { seoulMinute } from '../../../pipelines/billing/seoulTime.ts';
import { createIdentifiers } from '../../../pipelines/shared/identifiers.ts';
import { startSms, type Sms } from '../../../simulators/sms.ts';
import { realClock } from '../../../src/runtime/clock.ts';
import { countsOf, isLawful } from '../../../stack/demo/law.ts';
import { atTheEnd } from '../../support/atTheEnd.ts';
import type { Strike, TcpProxy } from '../../support/tcpProxy.ts';
import { until } from '../../support/until.ts';
import { startWeir, type WeirProcess } from '../../support/weirProcess.ts';
import { aMonth, type MonthToBill } from './aMonth.ts';
import { through } from './through.ts';
import { weirHere } from './weirHere.ts';

// Processes start and die in each of these: on a busy machine that takes its time.
vi.setConfig({ testTimeout: 120_000 });

/** Few SMS at once, small records, and claims that hold for three seconds. */
const small = [
  'send.concurrency=3',
  'record.size=2',
  'send.timeLimitMs=2000',
  'send.holdMs=0',
  'send.retry.maxRetries=0',
  'leaseBeyondMs=1000',
].flatMap((set) => ['--set', `billing.deliverSms.${set}`]);

interface Requests extends MonthToBill {
  readonly sms: Sms;
}

interface Wire {
  readonly database: TcpProxy;
  readonly redis: TcpProxy;
  readonly kill: () => void;
}

/** Nineteen bills that the mail server has refused, and whose SMS an operator asked for five minutes ago: marked, and not published. */
async function aMonthOfRequests(): Promise<Requests> {
  const month = await aMonth({ members: 20 });
  const sms = await startSms({ token: 'secret' });
  atTheEnd(() => sms.close());
  const { database, billing } = month;
  const environment = { ...month.environment, WEIR_SMS_URL: sms.url, WEIR_SMS_TOKEN: sms.token };
  await weirHere(environment, 'run', '--job', 'billing.settle', '--key', billing);
  await database.execute(`UPDATE billing.billing_p SET send_status = 'FAILED', fail_code = 'refused'`);
  const now = (): Date => new Date(Date.now() - 5 * 60_000);
  const identifiers = createIdentifiers({ now, random: () => realClock.random(), node: 3 });
  const operations = operatorStore({ now, identifiers, instance: 'operator' });
  const bills = await database.query<{ public_info_id: bigint }>('SELECT public_info_id FROM billing.billing_p');
  await database.withTransaction(async (transaction) => {
    for (const bill of bills) await operations.requestText(transaction, { publicInfoId: bill.public_info_id, billingDate: undefined });
  });
  return { ...month, environment, sms };
}

/** The words of a redispatch as of some minutes ago. */
function redispatch(minutesAgo: number): readonly string[] {
  return ['run', '--job', 'billing.redispatch', '--key', seoulMinute(new Date(Date.now() - minutesAgo * 60_000))];
}

/** Starts a daemon that delivers, and takes over runs that nobody works on. Its name is that of every incarnation of this process. */
function startDaemon(environment: Readonly<Record<string, string>>): WeirProcess {
  return startWeir({ ...environment, WEIR_INSTANCE: 'texter' }, 'run', '--profile', 'producer,consumer', ...small);
}

type Start = typeof startDaemon;
const aRedispatch: Start = (environment) => startWeir(environment, ...redispatch(1), '--set', 'billing.redispatch.chunk.size=5');

/** Starts a process behind proxies, one of which kills it. */
async function killed({ environment }: Requests, start: Start, plan: (wire: Wire) => void): Promise<void> {
  const database = await through(environment['WEIR_DATABASE_URL']);
  const redis = await through(environment['WEIR_REDIS_URL']);
  const weir = start({ ...environment, WEIR_DATABASE_URL: database.url, WEIR_REDIS_URL: redis.url });
  plan({ database: database.proxy, redis: redis.proxy, kill: () => weir.signal('SIGKILL') });
  expect(await weir.ended, weir.errors()).toEqual({ code: null, signal: 'SIGKILL' });
}

const patience = { limitMs: 60_000 };

/** Lets a daemon finish what it finds, and takes back what the dead one had claimed once no claim holds any more. */
async function recovered({ database, environment }: Requests): Promise<void> {
  const daemon = startDaemon(environment);
  const none = (condition: string) => async (): Promise<boolean> =>
    (await database.query(`SELECT FROM billing.billing_p WHERE ${condition} LIMIT 1`)).length === 0;
  await until('no claim holds', none(`lease_until >= clock_timestamp() AND lease_until < 'infinity'`), patience);
  await weirHere(environment, ...redispatch(0));
  await until('every request has ended', none(`send_status = 'SENDING'`), patience);
  const idle = async (): Promise<boolean> => countsOf((await daemon.ask('/metrics')).text).every((count) => count.inFlight === 0);
  await until('nothing is in flight', idle, patience);
  expect(countsOf((await daemon.ask('/metrics')).text).filter((count) => !isLawful(count))).toEqual([]);
  expect(await daemon.stop()).toEqual({ code: 0, signal: null });
}

/** What must never be: more than one SMS of a bill, one that no bill tells of, a bill without one. */
async function flawsOf({ database, sms }: Requests): Promise<readonly string[]> {
  const rows = await database.query<{ id: bigint; is_sent: boolean; keys: readonly string[] }>(`
    SELECT bill.id, send_status = 'COMPLETED' AND sent_channel = 'SMS' AND count(*) FILTER (WHERE result = 'SENT') = 1 AS is_sent,
      array_agg('weir-bill-' || attempt.id) AS keys
    FROM billing.billing_p AS bill JOIN billing.send_attempt AS attempt ON attempt.billing_id = bill.id
    GROUP BY bill.id, bill.billing_date, send_status, sent_channel`);
  const received = sms.received().map(({ idempotencyKey }) => idempotencyKey);
  return [
    ...rows.filter(({ is_sent }) => !is_sent).map(({ id }) => `not sent, as its row tells: ${id}`),
    ...rows.filter(({ keys }) => received.filter((key) => keys.includes(key)).length !== 1).map(({ id }) => `not one SMS: ${id}`),
    ...received.filter((key) => !rows.some(({ keys }) => keys.includes(key))).map((key) => `an SMS from nowhere: ${key}`),
  ];
}

const onDatabase =
  (marker: string, how: Strike, nth = 2) =>
  ({ database, kill }: Wire): void =>
    void database.strike(marker, how, { nth, call: kill });
const onRedis =
  (marker: string, how: Strike, nth = 1) =>
  ({ redis, kill }: Wire): void =>
    void redis.strike(marker, how, { nth, call: kill });

it.each([
  ['a delivery', 'before it claims', startDaemon, onDatabase('billing.text.claim', 'cutBefore')],
  ['a delivery', 'after it claimed, before the call', startDaemon, onDatabase('billing.text.claim', 'cutAfter')],
  ['a delivery', 'after the call, before it records', startDaemon, onDatabase('billing.text.record', 'cutBefore')],
  ['a delivery', 'after its record reached the database, before the answer', startDaemon, onDatabase('billing.text.record', 'cutAfter')],
  ['a delivery', 'after it recorded, before it acknowledges', startDaemon, onRedis('XACK', 'cutBefore')],
  ['a delivery', 'after its acknowledgement, before the answer', startDaemon, onRedis('XACK', 'cutAfter')],
  ['a redispatch', 'before requests are marked', aRedispatch, onDatabase('billing.markTexts', 'cutBefore')],
  ['a redispatch', 'after it marked requests, before it publishes them', aRedispatch, onRedis('xadd', 'cutBefore', 2)],
  ['a redispatch', 'after it published, before it hears of it', aRedispatch, onRedis('xadd', 'cutAfter', 2)],
] as const)('%s that is killed %s sends one SMS of each request', async (who, _when, start, plan) => {
  const month = await aMonthOfRequests();
  if (who === 'a delivery') await weirHere(month.environment, ...redispatch(1));
  await killed(month, start, plan);
  await recovered(month);
  expect(await flawsOf(month)).toEqual([]);
  expect(month.sms.count()).toBe(19);
});
