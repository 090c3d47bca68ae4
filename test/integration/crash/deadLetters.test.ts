import { Redis } from 'ioredis';
import { expect, it, vi } from 'vitest';
import { emailTopic } from '../../../pipelines/billing/dispatchedBill.ts';
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

const poison = 25;

/** Twenty members, one of whom the mail server refuses, and between their bills messages that nobody can read. */
async function aMonthWithPoison(): Promise<MonthToBill> {
  const month = await aMonth({ members: 20 });
  const { environment, billing, lastDay, inbox } = month;
  inbox.faults.add({ phase: 'rcpt', to: 'member5@', action: { kind: 'reply', text: '550 5.1.1 no such mailbox' } });
  await weirHere(environment, 'run', '--job', 'billing.settle', '--key', billing);
  await weirHere(environment, 'run', '--job', 'billing.dispatch', '--key', lastDay);
  const redis = new Redis(environment['WEIR_REDIS_URL'] ?? '', { lazyConnect: true });
  await redis.connect();
  for (let index = 0; index < poison; index++) await redis.xadd(emailTopic.name, '*', 'key', `poison ${index}`, 'value', '{');
  redis.disconnect();
  return month;
}

/** Its name is that of every incarnation of this process. */
function startConsumer(environment: Readonly<Record<string, string>>): WeirProcess {
  const words = ['record.size=5', 'send.claimWaitMs=0'].flatMap((set) => ['--set', `billing.deliver.${set}`]);
  const small = [...words, '--set', 'billing.deadLetters.log.size=5'];
  return startWeir({ ...environment, WEIR_INSTANCE: 'consumer' }, 'run', '--profile', 'consumer', ...small);
}

interface Wire {
  readonly database: TcpProxy;
  readonly redis: TcpProxy;
  readonly kill: () => void;
}

const onDatabase =
  (marker: string, how: Strike, nth = 2) =>
  ({ database, kill }: Wire): void =>
    void database.strike(marker, how, { nth, call: kill });

const atCommit =
  (how: Strike) =>
  ({ database, kill }: Wire): void => {
    void database.strike('billing.appendFailLog', 'pass', { nth: 2, call: () => void database.strike('COMMIT', how, { call: kill }) });
  };

const onRedis =
  (marker: string, how: Strike, nth: number) =>
  ({ redis, kill }: Wire): void =>
    void redis.strike(marker, how, { nth, call: kill });

/** How the group of the fail log acknowledges. */
const acknowledgement = `${emailTopic.deadLetters}\r\n$25\r\ncg-billing-email-fail-log`;

it.each([
  ['before a dead letter reaches the stream', onRedis('send.dlt:written', 'cutBefore', 1)],
  ['after a dead letter reached the stream, before its message is acknowledged', onRedis('send.dlt:written', 'cutAfter', 1)],
  ['after it read dead letters, before it logs them', onDatabase('billing.completeFailLog', 'cutBefore')],
  ['in a chunk of the fail log', onDatabase('billing.appendFailLog', 'cutBefore')],
  ['before the COMMIT of a chunk reaches the server', atCommit('cutBefore')],
  ['after the COMMIT of a chunk, before it hears of it', atCommit('cutAfter')],
  ['after it logged, before it acknowledges', onRedis(acknowledgement, 'cutBefore', 1)],
  ['after its acknowledgement, before the answer', onRedis(acknowledgement, 'cutAfter', 1)],
] as const)('dead letters are logged once each, by a process that is killed %s', async (_, plan) => {
  const month = await aMonthWithPoison();
  const { environment } = month;
  const wire = { database: await through(environment['WEIR_DATABASE_URL']), redis: await through(environment['WEIR_REDIS_URL']) };
  const doomed = startConsumer({ ...environment, WEIR_DATABASE_URL: wire.database.url, WEIR_REDIS_URL: wire.redis.url });
  plan({ database: wire.database.proxy, redis: wire.redis.proxy, kill: () => doomed.signal('SIGKILL') });
  expect(await doomed.ended, doomed.errors()).toEqual({ code: null, signal: 'SIGKILL' });

  const daemon = startConsumer(environment);
  const redisUrl = environment['WEIR_REDIS_URL'];
  const patience = { limitMs: 60_000 };
  await until('all bills are settled', async () => (await readEmailStream(redisUrl)).unsettled === 0, patience);
  await until('all dead letters are settled', async () => (await loggedDeadLetters(month)).areSettled, patience);
  expect(await daemon.stop()).toEqual({ code: 0, signal: null });

  const { bills } = await delivered(month);
  const { letters, flaws } = await loggedDeadLetters(month);
  expect(flaws).toEqual([]);
  expect(letters).toBe(poison + bills.FAILED);
  // What the dead process had claimed stays SENDING until its lease is over: then a redispatch parks it.
  expect(bills.FAILED).toBeLessThanOrEqual(1);
});
