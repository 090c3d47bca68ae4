import { join } from 'node:path';
import { Client } from 'pg';
import { dispatch } from '../../pipelines/billing/dispatch.job.ts';
import { emailTopic, encodeDispatchedBill, type DispatchedBill } from '../../pipelines/billing/dispatchedBill.ts';
import { dispatchStore } from '../../pipelines/billing/dispatchStore.ts';
import type { Bus } from '../../src/connectors/bus.ts';
import { migrate } from '../../src/connectors/postgres/migrate.ts';
import { openDatabase, type PostgresDatabase } from '../../src/connectors/postgres/openDatabase.ts';
import type { Outgoing } from '../../src/connectors/sink.ts';
import { parseKeyRing } from '../../src/message/keyRing.ts';
import { realClock } from '../../src/runtime/clock.ts';
import { startPostgres } from '../../stack/postgres.ts';
import type { Contest, Entrant } from '../benchmark.ts';
import { billingDate, dueDay, fillBills, resetBills } from '../deliver/fillBills.ts';
import { runWholeJob } from '../runWholeJob.ts';

const ring = `bench:${Buffer.alloc(32, 7).toString('base64')}`;

/** No bill has a larger one. */
const lastId = (2n ** 63n - 1n).toString();

/** Messages of one call, as the job's default is. */
const chunk = 1_000;

/** A broker to which bills are published. */
export interface Outlet {
  /** On which the job publishes. */
  readonly bus: Bus;
  /** How the ceiling writes a page. */
  write(messages: readonly Outgoing[]): Promise<void>;
  /** Takes all messages from the topic. */
  empty(): Promise<void>;
  /** Messages on the topic. */
  count(): Promise<number>;
}

/**
 * A contest of dispatching bills to one broker: the job `billing.dispatch` as `weir run --job` runs it, which reads, marks and
 * publishes, beside a plain loop that reads the same bills page by page and writes them, and marks nothing. `open` starts the broker, and
 * has its end done by the stack.
 */
export async function openDispatch(size: number, open: (started: AsyncDisposableStack) => Promise<Outlet>): Promise<Contest> {
  await using started = new AsyncDisposableStack();
  // Vacuuming would begin somewhere in the midst of a run.
  const postgres = started.adopt(await startPostgres({ settings: ['autovacuum=off'] }), (service) => service.close());
  await migrate({ url: postgres.url, clock: realClock, directory: join(import.meta.dirname, '..', '..', 'migrations') });
  const client = new Client({ connectionString: postgres.url });
  await client.connect();
  started.defer(() => client.end());
  const database = started.adopt(openDatabase({ url: postgres.url, clock: realClock }), (opened) => opened.close());
  await fillBills(database, client, parseKeyRing(ring), size, 'CREATED');
  const outlet = await open(started);
  const ports = { dispatches: dispatchStore(database), emails: outlet.bus.publish(emailTopic), clock: realClock };
  const entrant = (run: () => Promise<void>, isMarked: boolean): Entrant => ({
    prepare: async () => {
      await resetBills(client);
      await client.query('TRUNCATE weir.job_run CASCADE');
      await outlet.empty();
    },
    run: async () => {
      await run();
      return size;
    },
    check: async () => {
      const published = await outlet.count();
      if (published !== size) throw new Error(`There are ${published} messages of ${size} bills.`);
      if (isMarked) await requireMarked(client, size);
    },
  });
  const all = started.move();
  return {
    entrants: {
      ours: entrant(() => runWholeJob(dispatch, ports, dueDay, database), true),
      ceiling: entrant(() => publishPlainly(database, outlet), false),
    },
    close: () => all.disposeAsync(),
  };
}

async function publishPlainly(database: PostgresDatabase, outlet: Outlet): Promise<void> {
  const dispatches = dispatchStore(database);
  let after: string | undefined;
  for (;;) {
    const bills = await dispatches.pageDue({ billingDate, after, limit: chunk }, lastId, dueDay);
    const last = bills.at(-1);
    if (last === undefined) return;
    after = last.billId.toString();
    await outlet.write(bills.map(messageOf));
  }
}

function messageOf(bill: DispatchedBill): Outgoing {
  return { key: bill.publicInfoId.toString(), value: encodeDispatchedBill(bill) };
}

async function requireMarked(client: Client, size: number): Promise<void> {
  const { rows } = await client.query<{ marked: number }>(
    `SELECT count(*)::int AS marked FROM billing.billing_p WHERE send_status = 'SEND_PENDING'`,
  );
  if (rows[0]?.marked !== size) throw new Error(`Of ${size} bills ${rows[0]?.marked} are marked.`);
}
