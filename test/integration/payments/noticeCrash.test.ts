import { beforeAll, describe, expect, it } from 'vitest';
import type { NoticeSenders } from '../../../pipelines/payments/sendNotice.ts';
import type { SucceededPayment } from '../../../pipelines/payments/succeededPayment.ts';
import { identifierText } from '../../../pipelines/shared/identifiers.ts';
import type { Database } from '../../../src/connectors/database.ts';
import type { PostgresDatabase } from '../../../src/connectors/postgres/openDatabase.ts';
import { codeOf } from '../../../src/errors.ts';
import { openPool } from '../jobs/copyJob.ts';
import { expireLeases } from '../jobs/mortal.ts';
import { aNotices, aSold, quiet, stateOf, type Notices } from './aNotices.ts';
import { aProduct, emptied } from './aPayments.ts';
import { mortalAt, type MortalAt } from './mortalAt.ts';

let notices: Notices;
let pool: PostgresDatabase;

beforeAll(async () => {
  notices = await aNotices();
  pool = openPool(notices.url);
});

/** Two sales, with the second of which a product runs out: five notices. */
async function aWorld(): Promise<readonly SucceededPayment[]> {
  await emptied(notices);
  await quiet(notices);
  await aProduct(notices, 1n, 3n, 5n);
  return [await aSold(notices), await aSold(notices, { lowStock: [{ productId: 1n, stock: 3n, threshold: 5n }] })];
}

/** Everything that notices must not touch. */
function bookOf(): Promise<readonly object[]> {
  return notices.database.query(`
    SELECT to_jsonb(orders) AS row FROM payments.orders UNION ALL SELECT to_jsonb(payment) FROM payments.payment
    UNION ALL SELECT to_jsonb(product) FROM payments.product UNION ALL SELECT to_jsonb(refund) FROM payments.refund
    ORDER BY row`);
}

interface Row {
  readonly id: bigint;
  readonly kind: string;
  readonly status: string;
  /** How often the other side has it. */
  readonly times: number;
}

/** Each notice and how often it arrived. */
async function arrivals(): Promise<readonly Row[]> {
  const rows = await notices.database.query<Omit<Row, 'times'> & { readonly payment_id: bigint; readonly order_id: bigint }>(`
    SELECT notice.id, kind, notice.status, payment_id, order_id
    FROM payments.notice JOIN payments.payment ON payment.id = payment_id ORDER BY notice.id`);
  const posts = notices.slack.posts().map(({ text }) => text);
  return rows.map(({ id, kind, status, payment_id, order_id }) => {
    const mark = kind === 'LOW_STOCK' ? '재고 부족' : `주문번호 ${identifierText(order_id)}`;
    const mails = notices.inbox.byMessageId(`<payment.${payment_id}@weir.example>`);
    return { id, kind, status, times: kind === 'CONFIRMATION' ? mails.length : posts.filter((text) => text.includes(mark)).length };
  });
}

/** Calls of a process that may die: what it leaves behind on its way still arrives. */
function underWay(): { readonly follow: <R>(call: Promise<R>) => Promise<R>; readonly settled: () => Promise<unknown> } {
  const calls: Promise<unknown>[] = [];
  const follow = <R>(call: Promise<R>): Promise<R> => {
    calls.push(call);
    return call;
  };
  return { follow, settled: () => Promise.allSettled(calls) };
}

type Follow = ReturnType<typeof underWay>['follow'];

function databaseOf(follow: Follow): Database {
  return {
    query: (statement) => follow(pool.query(statement)),
    execute: (statement) => follow(pool.execute(statement)),
    withTransaction: (work, options) => follow(pool.withTransaction(work, options)),
    listen: (channel, wake) => pool.listen(channel, wake),
    close: () => pool.close(),
  };
}

function channelsOf(process: MortalAt, follow: Follow): NoticeSenders {
  const { mail, chat } = notices.senders as Required<NoticeSenders>;
  const mortal = ({ send, gate }: typeof mail): typeof mail => ({ gate, send: process.around((...input) => follow(send(...input))) });
  return { mail: mortal(mail), chat: mortal(chat) };
}

/** Goes on where a process has died: under its key, and then by the schedule, until nothing waits. */
async function heal(): Promise<void> {
  await expireLeases(notices.database);
  await notices.database.execute(
    `UPDATE payments.notice SET lease_until = clock_timestamp() - interval '1 second' WHERE status = 'SENDING'`,
  );
  try {
    await notices.send();
  } catch (error) {
    if (codeOf(error) !== 'alreadyCompleted') throw error;
  }
  for (let minute = 0; minute < 8; minute += 1) {
    notices.pass(5);
    await notices.send();
    if ((await arrivals()).every(({ status }) => status === 'SENT' || status === 'PARKED')) return;
  }
}

describe('a process that dies', { timeout: 120_000 }, () => {
  it('while it makes notices leaves them to the next delivery, at whatever moment', async () => {
    for (let lastMoment = 1; ; lastMoment += 1) {
      const events = await aWorld();
      const process = mortalAt(pool, lastMoment);
      const hasLived = await process.lives(() => notices.told(events, notices.noticePorts(process.database)));
      const made = (await stateOf(notices)).length;
      expect([0, 5], process.where()).toContain(made);
      expect((await notices.told(events)).outcomes, process.where()).toEqual(Array<string>(2).fill(made === 0 ? 'done' : 'skipped'));
      const five = ['CONFIRMATION WAITING', 'SALE WAITING', 'CONFIRMATION WAITING', 'LOW_STOCK 1 WAITING', 'SALE WAITING'];
      expect(await stateOf(notices), process.where()).toEqual(five);
      if (hasLived) {
        expect(lastMoment).toBeGreaterThan(4);
        return;
      }
    }
  });

  it('while it sends leaves each notice sent once, or parked where it was about to be sent, at whatever moment', async () => {
    const parked = { whichArrived: 0, whichDidNot: 0 };
    for (let lastMoment = 1; ; lastMoment += 1) {
      await notices.told(await aWorld());
      const book = await bookOf();
      notices.pass(1);
      const { follow, settled } = underWay();
      const process = mortalAt(databaseOf(follow), lastMoment);
      const senders = channelsOf(process, follow);
      const by = { holder: 'mortal', clock: { ...process.runner.clock, now: notices.now }, database: process.database };
      const hasLived = await process.lives(() => notices.send(notices.noticePorts(process.database, senders), by));
      const where = process.where();
      await settled();
      const held = new Set((await arrivals()).filter(({ status }) => status === 'SENDING').map(({ id }) => id));
      await heal();
      for (const { id, kind, status, times } of await arrivals()) {
        const notice = `${kind} at ${where}`;
        expect(status, notice).toBe(held.has(id) ? 'PARKED' : 'SENT');
        if (status === 'SENT') expect(times, notice).toBe(1);
        else expect(times, notice).toBeLessThanOrEqual(1);
        if (status === 'PARKED') parked[times === 1 ? 'whichArrived' : 'whichDidNot'] += 1;
      }
      expect(await bookOf(), where).toEqual(book);
      if (hasLived) {
        expect(lastMoment).toBeGreaterThan(40);
        break;
      }
    }
    // Both happened: so nobody could have told which.
    expect(Math.min(parked.whichArrived, parked.whichDidNot)).toBeGreaterThan(0);
  });
});
