import { describe, expect, it, vi } from 'vitest';
import { deadLettersGroup, emailDeadLetters } from '../../../pipelines/billing/deadLetters.pipeline.ts';
import { emailTopic } from '../../../pipelines/billing/dispatchedBill.ts';
import { until } from '../../support/until.ts';
import { startWeir, type WeirProcess } from '../../support/weirProcess.ts';
import { aMonth, type BusPlace, type MonthToBill } from './aMonth.ts';
import { aRedisBroker, overEachBroker, type Broker } from './brokers.ts';
import { delivered } from './deliveryFlaws.ts';
import { areAllSettled } from './emailMessages.ts';
import { loggedDeadLetters } from './loggedDeadLetters.ts';
import { weirHere } from './weirHere.ts';
import { atCommit, atDeadLetter, atSettling, killed, onDatabase, type Moment } from './wire.ts';

// Processes start and die in each of these: on a busy machine that takes its time.
vi.setConfig({ testTimeout: 120_000 });

const poison = 25;

/** Twenty members, one of whom the mail server refuses, and between their bills messages that nobody can read. */
async function aMonthWithPoison(place: BusPlace): Promise<MonthToBill> {
  const month = await aMonth({ members: 20, ...place });
  const { environment, billing, lastDay, inbox, bus } = month;
  inbox.faults.add({ phase: 'rcpt', to: 'member5@', action: { kind: 'reply', text: '550 5.1.1 no such mailbox' } });
  await weirHere(environment, 'run', '--job', 'billing.settle', '--key', billing);
  await weirHere(environment, 'run', '--job', 'billing.dispatch', '--key', lastDay);
  await bus.publish(emailTopic).write(Array.from({ length: poison }, (_, index) => ({ key: `poison ${index}`, value: Buffer.from('{') })));
  return month;
}

/** Its name is that of every incarnation of this process. */
function startConsumer(environment: Readonly<Record<string, string>>): WeirProcess {
  const words = ['record.size=5', 'send.claimWaitMs=0'].flatMap((set) => ['--set', `billing.deliver.${set}`]);
  const small = [...words, '--set', 'billing.deadLetters.log.size=5'];
  return startWeir({ ...environment, WEIR_INSTANCE: 'consumer' }, 'run', '--profile', 'consumer', ...small);
}

/** Has a consumer killed, and what it left finished by its next incarnation. */
async function outlived(broker: Broker, moment: Moment): Promise<void> {
  const month = await aMonthWithPoison(broker.place);
  await killed(month, broker, startConsumer, moment);

  const daemon = startConsumer(month.environment);
  const patience = { limitMs: 60_000 };
  await until('all bills are settled', () => areAllSettled(month), patience);
  await until('all dead letters are settled', async () => (await loggedDeadLetters(month)).areSettled, patience);
  expect(await daemon.stop()).toEqual({ code: 0, signal: null });

  const { bills } = await delivered(month);
  const { letters, flaws } = await loggedDeadLetters(month);
  expect(flaws).toEqual([]);
  expect(letters).toBe(poison + bills.FAILED);
  // What the dead process had claimed stays SENDING until its lease is over: then a redispatch parks it.
  expect(bills.FAILED).toBeLessThanOrEqual(1);
}

describe('dead letters are logged once each by a process that is killed', () => {
  // What it says to the database is the same over any bus.
  it.each([
    ['after it read dead letters, before it logs them', onDatabase('billing.completeFailLog', 'cutBefore', 2)],
    ['in a chunk of the fail log', onDatabase('billing.appendFailLog', 'cutBefore', 2)],
    ['before the COMMIT of a chunk reaches the server', atCommit('billing.appendFailLog', 'cutBefore', 2)],
    ['after the COMMIT of a chunk, before it hears of it', atCommit('billing.appendFailLog', 'cutAfter', 2)],
  ] as const)('%s', async (_, moment) => {
    await outlived(await aRedisBroker(), moment);
  });

  overEachBroker((start) => {
    it.each([
      ['before a dead letter is written', atDeadLetter(emailTopic, 'cutBefore')],
      ['after a dead letter was written, before its message is settled', atDeadLetter(emailTopic, 'cutAfter')],
      ['after it logged, before it settles', atSettling(emailDeadLetters, deadLettersGroup, 'cutBefore')],
      ['after it settled, before the answer', atSettling(emailDeadLetters, deadLettersGroup, 'cutAfter')],
    ] as const)('%s', async (_, moment) => {
      await outlived(await start(), moment);
    });
  });
});
