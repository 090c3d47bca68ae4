import { expect, it, vi } from 'vitest';
import { seoulMinute } from '../../../pipelines/billing/seoulTime.ts';
import type { Inbox } from '../../../simulators/inbox.ts';
import type { Phase } from '../../../simulators/inbox/faults.ts';
import { countsOf, isLawful } from '../../../stack/demo/law.ts';
import type { Strike, TcpProxy } from '../../support/tcpProxy.ts';
import { until } from '../../support/until.ts';
import { startWeir, type WeirProcess } from '../../support/weirProcess.ts';
import { aMonth, type MonthToBill } from './aMonth.ts';
import { loggedDeadLetters } from './deadLetterStream.ts';
import { delivered } from './deliveryFlaws.ts';
import { readEmailStream } from './emailStream.ts';
import { through } from './through.ts';
import { weirHere } from './weirHere.ts';

// Processes start and die in each of these: on a busy machine that takes its time.
vi.setConfig({ testTimeout: 120_000 });

const concurrency = 5;
const recordSize = 10;

/** Few mails at once, small records, and claims that hold for three seconds. */
const small = [
  `send.concurrency=${concurrency}`,
  `record.size=${recordSize}`,
  'send.timeLimitMs=2000',
  'send.holdMs=0',
  'send.retry.maxRetries=0',
  'leaseBeyondMs=1000',
].flatMap((set) => ['--set', `billing.deliver.${set}`]);

interface Surroundings {
  readonly database: TcpProxy;
  readonly redis: TcpProxy;
  readonly inbox: Inbox;
  readonly kill: () => void;
}

/** Sixty members: one cannot be billed, one is refused by the mail server, six are in quiet hours. */
async function aDispatchedMonth(): Promise<MonthToBill> {
  const month = await aMonth({ members: 60, quietEvery: 10 });
  const { environment, billing, lastDay, inbox } = month;
  inbox.faults.add({ phase: 'rcpt', to: 'member5@', action: { kind: 'reply', text: '550 5.1.1 no such mailbox' } });
  await weirHere(environment, 'run', '--job', 'billing.settle', '--key', billing);
  await weirHere(environment, 'run', '--job', 'billing.dispatch', '--key', lastDay);
  return month;
}

/** Starts a daemon that delivers. Its name is that of every incarnation of this process. */
function startDelivery(environment: Readonly<Record<string, string>>): WeirProcess {
  return startWeir({ ...environment, WEIR_INSTANCE: 'mailer' }, 'run', '--profile', 'consumer', ...small);
}

/** Delivers until something outside of the process kills it. */
async function killed({ environment, inbox }: MonthToBill, plan: (surroundings: Surroundings) => void): Promise<void> {
  const database = await through(environment['WEIR_DATABASE_URL']);
  const redis = await through(environment['WEIR_REDIS_URL']);
  const weir = startDelivery({ ...environment, WEIR_DATABASE_URL: database.url, WEIR_REDIS_URL: redis.url });
  plan({ database: database.proxy, redis: redis.proxy, inbox, kill: () => weir.signal('SIGKILL') });
  expect(await weir.ended, weir.errors()).toEqual({ code: null, signal: 'SIGKILL' });
}

const patience = { limitMs: 60_000 };

/** Starts the process again, lets it finish what it finds, and parks what the dead one had claimed once no claim holds any more. */
async function recovered(month: MonthToBill): Promise<void> {
  const { database, environment } = month;
  const daemon = startDelivery(environment);
  const settled = async (): Promise<boolean> => (await readEmailStream(environment['WEIR_REDIS_URL'])).unsettled === 0;
  await until('all messages are settled', settled, patience);
  await until('no claim holds', async () => {
    const held = await database.query('SELECT FROM billing.billing_p WHERE lease_until >= clock_timestamp()');
    return held.length === 0;
  });
  await weirHere(environment, 'run', '--job', 'billing.redispatch', '--key', seoulMinute(new Date()));
  await until('all messages are settled again', settled, patience);
  const logged = async (): Promise<boolean> => (await loggedDeadLetters(month)).areSettled;
  await until('all dead letters are settled', logged, patience);
  const counts = countsOf((await daemon.ask('/metrics')).text);
  expect(counts.filter((count) => !isLawful(count))).toEqual([]);
  expect(await daemon.stop()).toEqual({ code: 0, signal: null });
}

const onDatabase =
  (marker: string, how: Strike) =>
  ({ database, kill }: Surroundings): void =>
    void database.strike(marker, how, { nth: 3, call: kill });
const onRedis =
  (marker: string, how: Strike, nth = 2) =>
  ({ redis, kill }: Surroundings): void =>
    void redis.strike(marker, how, { nth, call: kill });
/** At the dead letter of the one bill that is refused. */
const deadLetter = 'send.dlt:written';
const onMail =
  (phase: Phase) =>
  ({ inbox, kill }: Surroundings): void =>
    void inbox.faults.add({ phase, spare: 20, times: 1, action: { kind: 'call', call: kill } });

it.each([
  ['after it read messages, before it claims their bills', 0, onDatabase('billing.claim', 'cutBefore')],
  ['after it claimed bills, before it knows', 1, onDatabase('billing.claim', 'cutAfter')],
  ['after it claimed bills, before their mails', 1, onMail('mail')],
  ['in the middle of a mail', 1, onMail('body')],
  ['after the final dot, before its answer', 1, onMail('dot')],
  ['after the answer to the dot, before it records', 1, onDatabase('billing.record', 'cutBefore')],
  ['after its record reached the database, before the answer', 0, onDatabase('billing.record', 'cutAfter')],
  ['after it recorded, before it acknowledges', 0, onRedis('XACK', 'cutBefore')],
  ['after its acknowledgement, before the answer', 0, onRedis('XACK', 'cutAfter')],
  ['after it recorded a refusal, before its dead letter', 0, onRedis(deadLetter, 'cutBefore', 1)],
  ['after a dead letter, before its message is acknowledged', 0, onRedis(deadLetter, 'cutAfter', 1)],
] as const)('a delivery that is killed %s mails nobody twice and forgets nobody', async (_, fewest, plan) => {
  const month = await aDispatchedMonth();
  await killed(month, plan);
  await recovered(month);

  const { flaws, bills } = await delivered(month);
  expect(flaws).toEqual([]);
  expect((await loggedDeadLetters(month)).flaws).toEqual([]);
  expect(bills.COMPLETED + bills.FAILED + bills.waiting + bills.parked).toBe(59);
  expect(bills.waiting).toBe(6);
  expect(bills.FAILED).toBeLessThanOrEqual(1);
  expect(bills.parked).toBeGreaterThanOrEqual(fewest);
  expect(bills.parked).toBeLessThanOrEqual(concurrency + recordSize);
});

it('a delivery that stood still past its claims ends what it had in hand, and nobody is mailed twice', async () => {
  const month = await aDispatchedMonth();
  const { database, environment, inbox } = month;
  // Its mails reach the final dot, and there it stands until its claims are over and parked.
  const stood = Promise.withResolvers<undefined>();
  const still = startDelivery(environment);
  inbox.faults.add({
    ...{ phase: 'dot', spare: 20, times: 1 },
    action: {
      kind: 'call',
      call: () => {
        still.signal('SIGSTOP');
        stood.resolve(undefined);
      },
    },
  });
  await stood.promise;
  await until('its claims are over', async () => {
    const held = await database.query('SELECT FROM billing.billing_p WHERE lease_until >= clock_timestamp()');
    return held.length === 0;
  });
  const redispatch = ['run', '--job', 'billing.redispatch', '--key', seoulMinute(new Date())];
  await weirHere({ ...environment, WEIR_INSTANCE: 'another' }, ...redispatch);
  const [parked] = await database.query<{ count: number }>(
    'SELECT count(*)::int AS count FROM billing.billing_p WHERE park_reason IS NOT NULL',
  );
  expect(parked?.count).toBeGreaterThan(0);

  still.signal('SIGCONT');
  await until('all messages are settled', async () => (await readEmailStream(environment['WEIR_REDIS_URL'])).unsettled === 0, patience);
  expect(await still.stop(), still.errors()).toEqual({ code: 0, signal: null });
  const { flaws, bills } = await delivered(month);
  expect(flaws).toEqual([]);
  // Whoever was answered 250 late is COMPLETED though it was parked; only who was never answered stays parked.
  expect(bills.parked).toBeLessThanOrEqual(concurrency + recordSize);
  expect(bills.COMPLETED + bills.FAILED + bills.waiting + bills.parked).toBe(59);
});
