import { describe, expect, it, vi } from 'vitest';
import { emailTopic } from '../../../pipelines/billing/dispatchedBill.ts';
import { until } from '../../support/until.ts';
import { startWeir } from '../../support/weirProcess.ts';
import { aMonth, type MonthToBill } from './aMonth.ts';
import { aRedisBroker, overEachBroker, type Broker } from './brokers.ts';
import { delivered } from './deliveryFlaws.ts';
import { areAllSettled, publishedBills } from './emailMessages.ts';
import { weirHere } from './weirHere.ts';
import { atCommit, atPublishing, killed, onDatabase, type Moment } from './wire.ts';

// Processes start and die in each of these: on a busy machine that takes its time.
vi.setConfig({ testTimeout: 120_000 });

const small = ['jobs.pageSize=10', 'billing.dispatch.chunk.size=10'].flatMap((set) => ['--set', set]);

/** How many bills are marked, and how many messages there are. */
interface Standing {
  readonly marked: number;
  readonly messages: number;
}

async function standing(month: MonthToBill): Promise<Standing> {
  const [row] = await month.database.query<{ marked: number }>(
    `SELECT count(*)::integer AS marked FROM billing.billing_p WHERE send_status = 'SEND_PENDING'`,
  );
  return { marked: row?.marked ?? 0, messages: (await publishedBills(month)).length };
}

/** What may be found, from and to: chunks are marked while others are published, so one may be ahead of the other. */
type Expected = Readonly<Record<keyof Standing, readonly [least: number, most: number]>>;

function expectWithin(number: number, [least, most]: readonly [number, number]): void {
  expect(number).toBeGreaterThanOrEqual(least);
  expect(number).toBeLessThanOrEqual(most);
}

/** Has a dispatch killed, and what it left finished by a daemon. */
async function outlived(broker: Broker, expected: Expected, moment: Moment): Promise<void> {
  const month = await aMonth({ members: 60, ...broker.place });
  const { environment, billing, lastDay, database } = month;
  await weirHere(environment, 'run', '--job', 'billing.settle', '--key', billing);
  const dispatch = ['run', '--job', 'billing.dispatch', '--key', lastDay, ...small];
  await killed(month, broker, (proxied) => startWeir(proxied, ...dispatch), moment);
  const { marked, messages } = await standing(month);
  expectWithin(messages, expected.messages);
  expectWithin(marked, expected.marked);

  // It is told nothing: it finds the run that nobody works on, and delivers what is there meanwhile.
  const daemon = startWeir(environment, 'run', '--profile', 'producer,consumer', ...small);
  await daemon.logged('run left', { job: 'billing.dispatch', state: 'completed' });
  await until('all messages are settled', () => areAllSettled(month), { limitMs: 60_000 });
  expect(await daemon.stop()).toEqual({ code: 0, signal: null });
  const due = await database.query<{ id: bigint }>('SELECT id FROM billing.billing_p');
  expect(new Set(await publishedBills(month))).toEqual(new Set(due.map(({ id }) => id.toString())));
  expect(await delivered(month)).toEqual({ flaws: [], bills: { COMPLETED: 59, FAILED: 0, waiting: 0, parked: 0 } });
}

describe('a dispatch loses no message, and nobody gets two mails, when it is killed', () => {
  // What it says to the database is the same over any bus.
  it.each([
    ['before its plan is written', { marked: [0, 0], messages: [0, 0] }, onDatabase('INSERT INTO weir.job_partition', 'cutBefore')],
    [
      'after the claim of a partition, before it knows',
      { marked: [0, 0], messages: [0, 0] },
      onDatabase('weir-job-claim-partitions', 'cutAfter'),
    ],
    ['after it read its first page', { marked: [0, 0], messages: [0, 0] }, onDatabase('billing.pageDue', 'cutAfter')],
    [
      'in a chunk, before its bills are marked',
      { marked: [20, 20], messages: [0, 20] },
      onDatabase('billing.markDispatched', 'cutBefore', 3),
    ],
    ['before a COMMIT reaches the server', { marked: [20, 20], messages: [0, 20] }, atCommit('billing.markDispatched', 'cutBefore', 3)],
    [
      'after a COMMIT reached the server, before its answer',
      { marked: [30, 30], messages: [0, 20] },
      atCommit('billing.markDispatched', 'cutAfter', 3),
    ],
  ] as const)('%s', async (_, expected, moment) => {
    await outlived(await aRedisBroker(), expected, moment);
  });

  overEachBroker((start) => {
    it.each([
      [
        'after it marked bills, before it publishes them',
        { marked: [30, 59], messages: [20, 20] },
        atPublishing(emailTopic, 'cutBefore', 3),
      ],
      ['after it published, before it hears of it', { marked: [30, 59], messages: [30, 30] }, atPublishing(emailTopic, 'cutAfter', 3)],
      [
        'after it published all, before that is written down',
        { marked: [59, 59], messages: [59, 59] },
        onDatabase('weir-job-complete-partition', 'cutBefore'),
      ],
    ] as const)('%s', async (_, expected, moment) => {
      await outlived(await start(), expected, moment);
    });
  });
});
