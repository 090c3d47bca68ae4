import { beforeAll, describe, expect, it } from 'vitest';
import type { WebhookEnd } from '../../../pipelines/payments/webhookStore.ts';
import type { Database } from '../../../src/connectors/database.ts';
import { codeOf } from '../../../src/errors.ts';
import type { PostgresDatabase } from '../../../src/connectors/postgres/openDatabase.ts';
import { openPool } from '../jobs/copyJob.ts';
import { expireLeases } from '../jobs/mortal.ts';
import { aPayments, type Payments } from './aPayments.ts';
import { aWorld, parts, standingOf, type Part, type World } from './mixedWorld.ts';
import { mortalAt, type MortalAt } from './mortalAt.ts';
import { flawsOf, moneyOf, mostRequests } from './paymentFlaws.ts';

let payments: Payments;
let pool: PostgresDatabase;

beforeAll(async () => {
  payments = await aPayments();
  pool = openPool(payments.url);
});

const options = { chunk: { maxWaitMs: 1 }, ask: { retry: { maxRetries: 1, firstDelayMs: 1, maxDelayMs: 1 } } };

type Name = 'reconcile' | 'refund';

/** Runs a job as a process that does not die. */
async function runAlive(name: Name): Promise<void> {
  const end = await payments.run(name, payments.database, options, { holder: 'heir' });
  expect(end).toMatchObject({ how: 'completed' });
}

/** Runs a job to its end under the key that a dead process has left, unless that had completed it before it died. */
async function runAgain(name: Name): Promise<void> {
  await expireLeases(payments.database);
  try {
    await runAlive(name);
  } catch (error) {
    if (codeOf(error) !== 'alreadyCompleted') throw error;
  }
}

/** Lets time pass and jobs run, as their schedules would, until nothing waits but what is parked. */
async function heal(): Promise<void> {
  for (let round = 0; round < 8; round += 1) {
    const [hasPayments, hasRefunds] = [await isAny(openPayments), await isAny(openRefunds)];
    if (!hasPayments && !hasRefunds) return;
    payments.pass(5);
    if (hasPayments) await runAlive('reconcile');
    if (await isAny(openRefunds)) await runAlive('refund');
  }
}

const openPayments = `payments.orders LEFT JOIN payments.payment ON order_id = orders.id
  WHERE coalesce(payment.status, orders.status) = 'PENDING' AND park_reason IS NULL`;
const openRefunds = `payments.refund WHERE status IN ('REQUESTED', 'SENT')`;

async function isAny(of: string): Promise<boolean> {
  return (await payments.database.query(`SELECT FROM ${of} LIMIT 1`)).length > 0;
}

/** Everything has its end, and every coin its place. */
async function expectEnds(world: World, where: string): Promise<void> {
  expect(await standingOf(payments, world), where).toEqual(world.ends);
  expect(await flawsOf(payments, world), where).toEqual([]);
  const { captured, completed, givenBack, parked } = await moneyOf(payments, world);
  expect(completed + givenBack + parked, where).toBe(captured);
}

interface Life {
  readonly of: readonly Part[];
  /** What has happened before it. */
  readonly before?: (world: World) => Promise<void>;
  readonly live: (process: MortalAt, world: World) => Promise<unknown>;
  /** What happens first after its death. */
  readonly after: (world: World) => Promise<void>;
  /** Looks at what came of it all. */
  readonly look?: (world: World) => void;
}

/** Lives a life again and again, dying one moment later each time, until it is lived to its end. Answers how many moments it has. */
async function sweep({ of, before, live, after, look }: Life): Promise<number> {
  for (let lastMoment = 1; ; lastMoment += 1) {
    const world = await aWorld(payments, of);
    await before?.(world);
    const process = mortalAt(pool, lastMoment);
    const hasLived = await process.lives(() => live(process, world));
    const where = process.where();
    expect(await flawsOf(payments, world), where).toEqual([]);
    world.settleLate();
    await after(world);
    await heal();
    await expectEnds(world, where);
    look?.(world);
    if (hasLived) return lastMoment - 1;
  }
}

const runBy =
  (name: Name) =>
  ({ database, runner }: MortalAt): Promise<unknown> =>
    payments.run(name, database, options, runner);

describe('a process that dies', { timeout: 180_000 }, () => {
  it('in a reconciliation leaves every order to its end, at whatever moment', async () => {
    // One of those whose stock does not reach is enough here; refunds by all gateways are below.
    const of = parts.filter(({ name }) => !/(transfer|wallet) without stock/.test(name));
    const moments = await sweep({ of, live: runBy('reconcile'), after: () => runAgain('reconcile') });
    expect(moments).toBeGreaterThan(120);
  });

  it('while it refunds gives everything back once, at whatever moment, also where answers are lost', async () => {
    let requests = 0;
    const moments = await sweep({
      of: parts.filter(({ end }) => end.includes('refund')),
      before: async () => {
        await runAlive('reconcile');
        // Every gateway gives back what it is asked for first, and its answer is lost.
        for (const { faults } of Object.values(payments.gateways)) {
          faults.add({ phase: 'after', action: { kind: 'cut' }, on: 'refunds', times: 1 });
        }
      },
      live: runBy('refund'),
      after: () => runAgain('refund'),
      look: (world) => {
        requests = Math.max(requests, mostRequests(payments, world));
      },
    });
    expect(moments).toBeGreaterThan(60);
    // What may have been done is asked about before it is asked for again.
    expect(requests).toBe(1);
  });
});

/** Sends the events of all charges of a world, and again where that has happened before; answers what they did. */
async function sendEvents({ payments: called }: World, over: Database): Promise<readonly WebhookEnd[]> {
  const webhooks = payments.webhooksOver(over);
  const ends: WebhookEnd[] = [];
  for (const { method, paymentNumber } of called) {
    const charge = payments.gateways[method].record().find((one) => one.paymentNumber === paymentNumber);
    if (charge === undefined) continue;
    const { transactionKey, status, amount: amountMinor } = charge;
    const answer = status === 'APPROVED' ? ({ kind: 'paid', transactionKey, amountMinor } as const) : ({ kind: 'failed' } as const);
    ends.push(await webhooks.settleEvent({ gateway: method, eventId: `${paymentNumber} ${status}`, paymentNumber, answer }));
  }
  return ends;
}

describe('a process that dies while it takes events of gateways', () => {
  const called = parts.filter(({ by, says }) => by.length > 0 && (says === undefined || says === 'DECLINED'));

  it.each(called)('leaves them to their next delivery: $name', async (part) => {
    const moments = await sweep({
      of: [part],
      live: ({ database }, world) => sendEvents(world, database),
      after: async (world) => {
        await sendEvents(world, payments.database);
        expect(new Set(await sendEvents(world, payments.database))).toEqual(new Set(['duplicate']));
        expect(await isAny(openPayments)).toBe(false);
      },
    });
    expect(moments).toBeGreaterThan(8 * part.by.length);
  });

  it('leaves them to a reconciliation where they are not delivered again', async () => {
    const moments = await sweep({
      of: called.filter(({ name }) => name === 'paid by card' || name === 'paid twice'),
      live: ({ database }, world) => sendEvents(world, database),
      after: () => Promise.resolve(),
    });
    expect(moments).toBeGreaterThan(24);
  });

  it('gives back, once, what was paid after it had failed', async () => {
    const end = 'FAILED DECLINED: FAILED DECLINED refund DONE 12000';
    const moments = await sweep({
      of: [{ name: 'paid late', by: ['card'], says: 'DECLINED', items: [[1n, 1n]], end }],
      before: async (world) => {
        await sendEvents(world, payments.database);
        for (const { paymentNumber } of world.payments)
          payments.gateways.card.charge({ paymentNumber, amount: 12_000n, status: 'APPROVED' });
      },
      live: ({ database }, world) => sendEvents(world, database),
      after: async (world) => {
        await sendEvents(world, payments.database);
      },
    });
    expect(moments).toBeGreaterThan(8);
  });
});
