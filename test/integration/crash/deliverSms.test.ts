import { describe, expect, it, vi } from 'vitest';
import { deliverSmsGroup } from '../../../pipelines/billing/deliverSms.pipeline.ts';
import { operatorStore } from '../../../pipelines/billing/operatorStore.ts';
import { textTopic } from '../../../pipelines/billing/requestedText.ts';
import { seoulMinute } from '../../../pipelines/shared/seoulTime.ts';
import { createIdentifiers } from '../../../pipelines/shared/identifiers.ts';
import { startSms, type Sms } from '../../../simulators/sms.ts';
import { realClock } from '../../../src/runtime/clock.ts';
import { countsOf, isLawful } from '../../../stack/demo/law.ts';
import { atTheEnd } from '../../support/atTheEnd.ts';
import { until } from '../../support/until.ts';
import { startWeir, type WeirProcess } from '../../support/weirProcess.ts';
import { aMonth, type BusPlace, type MonthToBill } from './aMonth.ts';
import { aRedisBroker, overEachBroker, type Broker } from './brokers.ts';
import { weirHere } from './weirHere.ts';
import { atPublishing, atSettling, killed, onDatabase, type Moment } from './wire.ts';

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

/** Nineteen bills that the mail server has refused, and whose SMS an operator asked for five minutes ago: marked, and not published. */
async function aMonthOfRequests(place: BusPlace): Promise<Requests> {
  const month = await aMonth({ members: 20, ...place });
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

/** Has a process killed, and what it left finished by others. */
async function outlived(broker: Broker, start: Start, moment: Moment): Promise<void> {
  const month = await aMonthOfRequests(broker.place);
  if (start === startDaemon) await weirHere(month.environment, ...redispatch(1));
  await killed(month, broker, start, moment);
  await recovered(month);
  expect(await flawsOf(month)).toEqual([]);
  expect(month.sms.count()).toBe(19);
}

describe('of each request one SMS is sent when', () => {
  // What is said to the database is the same over any bus.
  it.each([
    ['a delivery', 'before it claims', startDaemon, onDatabase('billing.text.claim', 'cutBefore', 2)],
    ['a delivery', 'after it claimed, before the call', startDaemon, onDatabase('billing.text.claim', 'cutAfter', 2)],
    ['a delivery', 'after the call, before it records', startDaemon, onDatabase('billing.text.record', 'cutBefore', 2)],
    [
      'a delivery',
      'after its record reached the database, before the answer',
      startDaemon,
      onDatabase('billing.text.record', 'cutAfter', 2),
    ],
    ['a redispatch', 'before requests are marked', aRedispatch, onDatabase('billing.markTexts', 'cutBefore', 2)],
  ] as const)('%s is killed %s', async (_, _when, start, moment) => {
    await outlived(await aRedisBroker(), start, moment);
  });

  overEachBroker((broker) => {
    it.each([
      ['a delivery', 'after it recorded, before it settles', startDaemon, atSettling(textTopic, deliverSmsGroup, 'cutBefore')],
      ['a delivery', 'after it settled, before the answer', startDaemon, atSettling(textTopic, deliverSmsGroup, 'cutAfter')],
      ['a redispatch', 'after it marked requests, before it publishes them', aRedispatch, atPublishing(textTopic, 'cutBefore', 2)],
      ['a redispatch', 'after it published, before it hears of it', aRedispatch, atPublishing(textTopic, 'cutAfter', 2)],
    ] as const)('%s is killed %s', async (_, _when, start, moment) => {
      await outlived(await broker(), start, moment);
    });
  });
});
