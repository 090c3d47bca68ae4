import { describe, expect, it, vi } from 'vitest';
import { deliverGroup } from '../../../pipelines/billing/deliver.pipeline.ts';
import { emailTopic } from '../../../pipelines/billing/dispatchedBill.ts';
import { seoulMinute } from '../../../pipelines/shared/seoulTime.ts';
import type { Phase } from '../../../simulators/inbox/faults.ts';
import { countsOf, isLawful } from '../../../stack/demo/law.ts';
import { until } from '../../support/until.ts';
import { startWeir, type WeirProcess } from '../../support/weirProcess.ts';
import { aMonth, type BusPlace, type MonthToBill } from './aMonth.ts';
import { aRedisBroker, overEachBroker, type Broker } from './brokers.ts';
import { delivered } from './deliveryFlaws.ts';
import { areAllSettled } from './emailMessages.ts';
import { loggedDeadLetters } from './loggedDeadLetters.ts';
import { weirHere } from './weirHere.ts';
import { atDeadLetter, atSettling, killed, onDatabase, type Moment } from './wire.ts';

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

/** Sixty members: one cannot be billed, one is refused by the mail server, six are in quiet hours. */
async function aDispatchedMonth(place?: BusPlace): Promise<MonthToBill> {
  const month = await aMonth({ members: 60, quietEvery: 10, ...place });
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

const patience = { limitMs: 60_000 };

/** Starts the process again, lets it finish what it finds, and parks what the dead one had claimed once no claim holds any more. */
async function recovered(month: MonthToBill): Promise<void> {
  const { database, environment } = month;
  const daemon = startDelivery(environment);
  const settled = (): Promise<boolean> => areAllSettled(month);
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

/** When a mail comes to a phase, after twenty others have. */
const onMail =
  (phase: Phase): Moment =>
  ({ inbox, kill }) =>
    void inbox.faults.add({ phase, spare: 20, times: 1, action: { kind: 'call', call: kill } });

/** Has a delivery killed, and what it left finished by its next incarnation. `fewest`: bills that are parked at least. */
async function outlived(broker: Broker, fewest: number, moment: Moment): Promise<void> {
  const month = await aDispatchedMonth(broker.place);
  await killed(month, broker, startDelivery, moment);
  await recovered(month);

  const { flaws, bills } = await delivered(month);
  expect(flaws).toEqual([]);
  expect((await loggedDeadLetters(month)).flaws).toEqual([]);
  expect(bills.COMPLETED + bills.FAILED + bills.waiting + bills.parked).toBe(59);
  expect(bills.waiting).toBe(6);
  expect(bills.FAILED).toBeLessThanOrEqual(1);
  expect(bills.parked).toBeGreaterThanOrEqual(fewest);
  expect(bills.parked).toBeLessThanOrEqual(concurrency + recordSize);
}

describe('a delivery mails nobody twice and forgets nobody when it is killed', () => {
  // What it says to the database and the mail server is the same over any bus.
  it.each([
    ['after it claimed bills, before it knows', 1, onDatabase('billing.claim', 'cutAfter', 3)],
    ['after it claimed bills, before their mails', 1, onMail('mail')],
    ['in the middle of a mail', 1, onMail('body')],
    ['after the answer to the dot, before it records', 1, onDatabase('billing.record', 'cutBefore', 3)],
    ['after its record reached the database, before the answer', 0, onDatabase('billing.record', 'cutAfter', 3)],
  ] as const)('%s', async (_, fewest, moment) => {
    await outlived(await aRedisBroker(), fewest, moment);
  });

  overEachBroker((start) => {
    it.each([
      ['after it read messages, before it claims their bills', 0, onDatabase('billing.claim', 'cutBefore', 3)],
      ['after the final dot, before its answer', 1, onMail('dot')],
      ['after it recorded, before it settles', 0, atSettling(emailTopic, deliverGroup, 'cutBefore', 2)],
      ['after it settled, before the answer', 0, atSettling(emailTopic, deliverGroup, 'cutAfter', 2)],
      ['after it recorded a refusal, before its dead letter', 0, atDeadLetter(emailTopic, 'cutBefore')],
      ['after a dead letter, before its message is settled', 0, atDeadLetter(emailTopic, 'cutAfter')],
    ] as const)('%s', async (_, fewest, moment) => {
      await outlived(await start(), fewest, moment);
    });
  });
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
  await until('all messages are settled', () => areAllSettled(month), patience);
  expect(await still.stop(), still.errors()).toEqual({ code: 0, signal: null });
  const { flaws, bills } = await delivered(month);
  expect(flaws).toEqual([]);
  // Whoever was answered 250 late is COMPLETED though it was parked; only who was never answered stays parked.
  expect(bills.parked).toBeLessThanOrEqual(concurrency + recordSize);
  expect(bills.COMPLETED + bills.FAILED + bills.waiting + bills.parked).toBe(59);
});
