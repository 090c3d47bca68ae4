import { join } from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import { bookingOptions } from '../pipelines/remittance/bookingOptions.ts';
import { failureStore } from '../pipelines/remittance/failureStore.ts';
import { ledgerStore } from '../pipelines/remittance/ledgerStore.ts';
import { newCallStore } from '../pipelines/remittance/newCallStore.ts';
import { remittanceOutbox } from '../pipelines/remittance/remittanceOutbox.ts';
import { settleStore } from '../pipelines/remittance/settleStore.ts';
import { withdrawStore } from '../pipelines/remittance/withdrawStore.ts';
import { createIdentifiers } from '../pipelines/shared/identifiers.ts';
import type { Database } from '../src/connectors/database.ts';
import { migrate } from '../src/connectors/postgres/migrate.ts';
import { openDatabase } from '../src/connectors/postgres/openDatabase.ts';
import { realClock } from '../src/runtime/clock.ts';
import { startPostgres } from '../stack/postgres.ts';
import type { Benchmark, Contest, Entrant } from './benchmark.ts';
import { closeClients, openClients, workAtOnce } from './hotAccount/clients.ts';
import { deposits } from './hotAccount/deposits.ts';
import { bookedAt, type Booking, type HotStep } from './hotAccount/hotStep.ts';
import { standing, type Standing } from './hotAccount/standing.ts';
import { withdrawals } from './hotAccount/withdrawals.ts';

/** The baseline is so much slower that a part of the requests tells its rate. */
const baselineShare = 0.1;

/**
 * The pooled account as a hot row: every request's money leaves it. Ours: the store of `remittance.withdraw` with chunks of its default
 * size, one after the other. Baseline: a transaction for each request, 32 clients at once. Ceiling: PostgreSQL alone, a statement for
 * each table, in one transaction. All begin with the same rows and have to leave the same.
 */
export const hotAccount: Benchmark = { name: 'hotAccount', unit: 'requests', size: 20_000, open: (size) => open(size, withdrawals) };

/** The same on the way in, by the store of `remittance.settle`: money comes onto the pooled account, from a hundred businesses. */
export const hotAccountDeposits: Benchmark = {
  name: 'hotAccountDeposits',
  unit: 'requests',
  size: 20_000,
  open: (size) => open(size, deposits),
};

async function open(size: number, step: HotStep): Promise<Contest> {
  await using started = new AsyncDisposableStack();
  // Vacuuming would begin somewhere in the midst of a run.
  const postgres = started.adopt(await startPostgres({ settings: ['autovacuum=off'] }), (service) => service.close());
  const { url } = postgres;
  await migrate({ url, clock: realClock, directory: join(import.meta.dirname, '..', 'migrations') });
  const database = started.adopt(openDatabase({ url, clock: realClock }), (opened) => opened.close());
  const clients = started.adopt(await openClients(url), closeClients);
  const booking = openBooking(database);
  const part = Math.max(1, Math.round(size * baselineShare));
  const truths = new Map<number, Standing>();
  for (const count of [part, size]) {
    await step.fill(database, size);
    await step.bookInSql(database, count);
    truths.set(count, await standing(database));
  }
  const entrant = (count: number, run: () => Promise<void>): Entrant => ({
    prepare: () => step.fill(database, size),
    run: async () => {
      await run();
      return count;
    },
    check: () => requireSame(database, truths.get(count)),
  });
  const all = started.move();
  return {
    entrants: {
      ours: entrant(size, () => bookInChunks(booking, step, size)),
      baseline: entrant(part, () => workAtOnce(clients, part, step.bookOne)),
      ceiling: entrant(size, () => step.bookInSql(database, size)),
    },
    facts: () => Promise.resolve(factsOf(truths.get(size))),
    close: () => all.disposeAsync(),
  };
}

function openBooking(database: Database): Booking {
  const now = (): Date => bookedAt;
  const [outbox, ledger, failures] = [remittanceOutbox, ledgerStore(now), failureStore(now)];
  const identifiers = createIdentifiers({ now: () => realClock.now(), random: () => realClock.random(), node: 1 });
  const options = { outbox, ledger, failures, calls: newCallStore({ outbox, now }), identifiers, now };
  return { settlements: settleStore(database, options), withdrawals: withdrawStore(database, options) };
}

/** Requests 1 to `count`, in chunks one after the other, as `mapChunk` hands them over. */
async function bookInChunks(booking: Booking, { book }: HotStep, count: number): Promise<void> {
  const { chunk, try: tries } = bookingOptions.parse({});
  for (let first = 1; first <= count; first += chunk.size) {
    const rows = Array.from({ length: Math.min(chunk.size, count - first + 1) }, (_, place) => ({ id: BigInt(first + place) }));
    await book(booking, rows, tries);
  }
}

async function requireSame(database: Database, truth: Standing | undefined): Promise<void> {
  const found = await standing(database);
  if (isDeepStrictEqual(found, truth)) return;
  throw new Error('The books differ from those of the ceiling.', { cause: { found, truth } });
}

function factsOf(truth: Standing | undefined): Readonly<Record<string, string>> {
  return {
    'records, calls, messages and the sum of all accounts, equal for all': `${truth?.records}, ${truth?.calls}, ${truth?.messages}, ${truth?.sum}`,
  };
}
