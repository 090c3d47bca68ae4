import { readFileSync } from 'node:fs';
import { beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { notifyOptions } from '../../../pipelines/payments/noticeOptions.ts';
import { notify } from '../../../pipelines/payments/notify.pipeline.ts';
import type { NoticeSenders } from '../../../pipelines/payments/sendNotice.ts';
import type { SendNoticesPorts } from '../../../pipelines/payments/sendNotices.job.ts';
import { succeededTopic } from '../../../pipelines/payments/succeededPayment.ts';
import type { Bus } from '../../../src/connectors/bus.ts';
import { WeirError } from '../../../src/errors.ts';
import { realClock } from '../../../src/runtime/clock.ts';
import { runChain, type ChainRun } from '../../../src/runtime/runChain.ts';
import { testBus } from '../../connectors/redisStream/aRedisBus.ts';
import { aGate } from '../../support/aGate.ts';
import { aSpec } from '../../support/aSpec.ts';
import { countBehind, failingOnce } from '../../support/behind.ts';
import { openGate } from '../../support/openGate.ts';
import { aRedis } from '../../support/services.ts';
import { until } from '../../support/until.ts';
import { addressed, aNotices, aSold, quiet, stateOf, type Notices } from './aNotices.ts';
import { anOrder, aProduct, emptied } from './aPayments.ts';

let notices: Notices;
let redis: string;

beforeAll(async () => {
  notices = await aNotices();
  redis = await aRedis();
});

beforeEach(async () => {
  await emptied(notices);
  await quiet(notices);
  await aProduct(notices, 1n, 3n, 5n);
  await aProduct(notices, 2n, 90n, 5n);
});

const lowStock = [{ productId: 1n, stock: 3n, threshold: 5n }];
const texts = (): readonly string[] => notices.slack.posts().map(({ text }) => text);

/** Lets the next minute come, and its run. */
async function next(minutes = 1): Promise<void> {
  notices.pass(minutes);
  expect(await notices.send()).toMatchObject({ how: 'completed' });
}

describe('a payment that completes its order', () => {
  it('is confirmed to its buyer, and told in the chat with what runs out', async () => {
    const event = await aSold(notices, {
      items: [
        [1n, 2n],
        [2n, 1n],
      ],
      lowStock,
    });
    expect(await notices.told([event])).toEqual({ outcomes: ['done'], deadLetters: [] });
    expect(await stateOf(notices)).toEqual(['CONFIRMATION WAITING', 'LOW_STOCK 1 WAITING', 'SALE WAITING']);
    await next();
    expect(await stateOf(notices)).toEqual(['CONFIRMATION SENT', 'LOW_STOCK 1 SENT', 'SALE SENT']);
    const [mail] = await notices.inbox.messages();
    expect(notices.inbox.received()).toMatchObject([
      { to: [`buyer${event.orderId}@example.com`], messageId: `<payment.${event.paymentId}@weir.example>` },
    ]);
    expect(mail?.text).toContain('product 1  2개');
    expect(texts().toSorted()).toEqual([
      expect.stringMatching(/^결제 완료 12,000원 \(신용카드\) 주문번호 \w{13}\n• product 1 2개\n• product 2 1개$/) as string,
      '재고 부족 product 1 (상품번호 1) 남은 수량 3개, 기준 5개',
    ]);
    expect(notices.putAside).toEqual([]);
  });

  it('is told once, however often its event comes, also twice in a chunk, and after the inbox has forgotten it', async () => {
    const event = await aSold(notices, { lowStock });
    expect((await notices.told([event, event])).outcomes).toEqual(['done', 'skipped']);
    await next();
    expect((await notices.told([event])).outcomes).toEqual(['skipped']);
    await notices.database.execute('TRUNCATE payments.inbox');
    expect((await notices.told([event])).outcomes).toEqual(['done']);
    await next();
    expect([notices.inbox.count(), texts().length]).toEqual([1, 2]);
  });

  it('is told once where two consumers have its event at once', async () => {
    const events = [await aSold(notices, { lowStock }), await aSold(notices), await aSold(notices)];
    const ends = await Promise.all([notices.told(events), notices.told(events.toReversed()), notices.told(events)]);
    expect(ends.flatMap(({ outcomes }) => outcomes).toSorted()).toEqual([
      ...Array<string>(3).fill('done'),
      ...Array<string>(6).fill('skipped'),
    ]);
    await next();
    expect([notices.inbox.count(), notices.inbox.doubles(), texts().length, new Set(texts()).size]).toEqual([3, [], 4, 4]);
  });

  it('puts aside what cannot be read, and an event of a payment that is not there, and tells of the others', async () => {
    const event = await aSold(notices);
    const { outcomes, deadLetters } = await notices.told([event, '{', { ...event, paymentId: 5n }]);
    expect(outcomes).toEqual(['done', 'dead', 'dead']);
    expect(deadLetters.map(({ code }) => code).toSorted()).toEqual(['constraint', 'undecodable']);
    expect(await stateOf(notices)).toHaveLength(2);
  });

  it('ends its posts at once where no chat is set up, and is confirmed all the same', async () => {
    const { mail } = notices.senders as Required<NoticeSenders>;
    const ports = notices.noticePorts(notices.database, { mail });
    await notices.told([await aSold(notices, { lowStock })], ports);
    const skipped = ['LOW_STOCK 1 SKIPPED no chat is set up', 'SALE SKIPPED no chat is set up'];
    expect(await stateOf(notices)).toEqual(['CONFIRMATION WAITING', ...skipped]);
    notices.pass(1);
    await notices.send(ports);
    await next();
    expect(await stateOf(notices)).toEqual(['CONFIRMATION SENT', ...skipped]);
    expect(texts()).toEqual([]);
  });
});

describe('a notice that cannot be sent', () => {
  it('by mail waits longer each time, is sent once the server is back, and holds no post', async () => {
    await notices.told([await aSold(notices)]);
    await notices.inbox.refuseConnections();
    notices.inbox.cutConnections();
    await next();
    expect(await stateOf(notices)).toEqual(['CONFIRMATION WAITING', 'SALE SENT']);
    const waits = async (): Promise<unknown> => {
      const [row] = await notices.database.query<{ next_try_at: Date; tries: number }>(
        `SELECT next_try_at, tries FROM payments.notice WHERE status = 'WAITING'`,
      );
      return row && [row.tries, (row.next_try_at.getTime() - notices.now().getTime()) / 60_000];
    };
    expect(await waits()).toEqual([1, 1]);
    await next();
    expect(await waits()).toEqual([2, 2]);
    await next(2);
    expect(await waits()).toEqual([3, 4]);
    await next();
    expect(await waits()).toEqual([3, 3]);
    await notices.inbox.acceptConnections();
    await next(3);
    expect(await stateOf(notices)).toEqual(['CONFIRMATION SENT', 'SALE SENT']);
    expect([notices.inbox.count(), texts().length]).toEqual([1, 1]);
  });

  it('by chat waits as long as it is asked to, and holds no mail', async () => {
    await notices.told([await aSold(notices)]);
    notices.slack.faults.add({ phase: 'before', action: { kind: 'reply', status: 429, retryAfterS: 300 } });
    await next();
    expect(await stateOf(notices)).toEqual(['CONFIRMATION SENT', 'SALE WAITING']);
    notices.slack.faults.clear();
    await next(4);
    expect(texts()).toEqual([]);
    await next(2);
    expect(await stateOf(notices)).toEqual(['CONFIRMATION SENT', 'SALE SENT']);
    expect(texts()).toHaveLength(1);
  });

  it('while its breaker is shut is not claimed, and the run does not wait for it', async () => {
    await notices.told([await aSold(notices)]);
    const { mail, chat } = notices.senders as Required<NoticeSenders>;
    notices.pass(1);
    await notices.send(notices.noticePorts(notices.database, { mail: { ...mail, gate: aGate({ isOpen: false }) }, chat }));
    expect(await stateOf(notices)).toEqual(['CONFIRMATION WAITING', 'SALE SENT']);
    expect(await notices.database.query(`SELECT tries FROM payments.notice WHERE status = 'WAITING'`)).toEqual([{ tries: 0 }]);
    await next();
    expect(await stateOf(notices)).toEqual(['CONFIRMATION SENT', 'SALE SENT']);
  });

  it('goes back untried when its breaker shuts behind the claim', async () => {
    await notices.told([await aSold(notices), await aSold(notices), await aSold(notices)]);
    const { mail, chat } = notices.senders as Required<NoticeSenders>;
    const gate = aGate({ onFailure: (one) => one.shut() });
    const failing = { gate, send: () => Promise.reject(new WeirError('unavailable', 'away')) };
    notices.pass(1);
    await notices.send(notices.noticePorts(notices.database, { mail: failing, chat }));
    expect((await stateOf(notices)).filter((line) => line.startsWith('CONF'))).toEqual(Array<string>(3).fill('CONFIRMATION WAITING'));
    await next();
    expect(mail.gate.isOpen()).toBe(true);
    expect([notices.inbox.count(), notices.inbox.doubles()]).toEqual([3, []]);
  });

  it('since it is refused for good fails, is told of, and is not tried again', async () => {
    await notices.told([await aSold(notices)]);
    notices.inbox.faults.add({ phase: 'rcpt', action: { kind: 'reply', text: '550 5.1.1 no such mailbox' }, times: 1 });
    notices.slack.faults.add({ phase: 'before', action: { kind: 'reply', status: 404 }, times: 1 });
    await next();
    await next();
    expect(await stateOf(notices)).toEqual([
      expect.stringMatching(/^CONFIRMATION FAILED .*550/) as string,
      'SALE FAILED The chat answered 404: it does not take this message.',
    ]);
    expect(notices.putAside.toSorted()).toEqual([
      ['refused', 1],
      ['refused', 1],
    ]);
    expect((await stateOf(notices)).join()).not.toContain('@');
  });

  it('since its address does not open fails, without holding what is behind it', async () => {
    const [bad, good] = [await aSold(notices), await aSold(notices)];
    await notices.database.execute({
      text: `UPDATE payments.orders SET buyer_email = 'w1.k1.damaged' WHERE id = $1`,
      values: [bad.orderId],
    });
    await notices.told([bad, good]);
    await next();
    expect(notices.inbox.received()).toMatchObject([{ to: [`buyer${good.orderId}@example.com`] }]);
    expect((await stateOf(notices)).filter((line) => line.includes('FAILED'))).toHaveLength(1);
  });
});

describe('a notice about which nobody can tell', () => {
  it.each([
    ['mail', 'CONFIRMATION', 'SALE', () => notices.inbox.faults.add({ phase: 'dot', action: { kind: 'cut' }, times: 1 })],
    ['chat', 'SALE', 'CONFIRMATION', () => notices.slack.faults.add({ phase: 'after', action: { kind: 'cut' }, times: 1 })],
  ])('is parked, and never sent again by itself: by %s', async (_channel, parked, other, breakIt) => {
    await notices.told([await aSold(notices)]);
    breakIt();
    await next();
    await next(120);
    const state = await stateOf(notices);
    expect(state.find((line) => line.startsWith(parked))).toMatch(new RegExp(`^${parked} PARKED \\S`));
    expect(state).toContain(`${other} SENT`);
    expect(notices.putAside).toEqual([['unknown', 1]]);
    expect([notices.inbox.count(), texts().length]).toEqual([1, 1]);
  });

  it('since its server never answered is parked once its time is over', async () => {
    await notices.told([await aSold(notices)]);
    notices.inbox.faults.add({ phase: 'dot', action: { kind: 'silence' }, times: 1 });
    notices.pass(1);
    await notices.send(notices.noticePorts(), { options: { send: { timeLimitMs: 2_000 } } });
    expect(await stateOf(notices)).toEqual([expect.stringMatching(/^CONFIRMATION PARKED/) as string, 'SALE SENT']);
  });

  it('since its holder died is parked when the lease is over, not before, and the holder that was not dead may tell after all', async () => {
    await notices.told([await aSold(notices), await aSold(notices)]);
    notices.pass(1);
    const { notices: store } = notices.noticePorts();
    const due = await store.pageDue('mail', notices.now(), { after: undefined, limit: 10 });
    const claimed = await store.claim(due, 60_000);
    expect(await store.claim(due, 60_000)).toEqual(claimed);
    await next();
    expect(notices.inbox.count()).toBe(0);
    await notices.database.execute(
      `UPDATE payments.notice SET lease_until = clock_timestamp() - interval '1 second' WHERE status = 'SENDING'`,
    );
    await next();
    expect((await stateOf(notices)).slice(0, 1)).toEqual(['CONFIRMATION PARKED the lease ran out']);
    expect(notices.putAside).toEqual([['leaseRanOut', 2]]);
    const [first] = claimed as readonly { noticeId: bigint; claimed: { token: bigint } }[];
    if (first === undefined) throw new Error('not claimed');
    const verdict = { noticeId: first.noticeId, token: first.claimed.token, kind: 'sent', response: '250 ok' } as const;
    await store.recordNotices([{ ...verdict, token: 1n, response: 'of another' }]);
    await store.recordNotices([verdict]);
    await store.recordNotices([{ ...verdict, response: 'again' }]);
    expect(await notices.database.query(`SELECT response FROM payments.notice WHERE kind = 'CONFIRMATION' AND status = 'SENT'`)).toEqual([
      { response: '250 ok' },
    ]);
    await next();
    expect(notices.inbox.count()).toBe(0);
  });

  it('is sent again when a person says so, and then the late word of the first holder counts no more', async () => {
    await notices.told([await aSold(notices)]);
    notices.inbox.faults.add({ phase: 'dot', action: { kind: 'drop' }, times: 1 });
    await next();
    const [row] = await parked();
    if (row === undefined) throw new Error('nothing was parked');
    await notices.database.execute(runbook('WAITING', row.id));
    const { notices: store } = notices.noticePorts();
    await store.recordNotices([{ noticeId: row.id, token: row.token, kind: 'unknown', reason: 'late' }]);
    await next();
    expect(await stateOf(notices)).toEqual(['CONFIRMATION SENT', 'SALE SENT']);
    expect(notices.inbox.count()).toBe(1);
  });

  it.each(['SENT', 'SKIPPED'])('is closed when a person says so: %s', async (status) => {
    await notices.told([await aSold(notices)]);
    notices.inbox.faults.add({ phase: 'dot', action: { kind: 'cut' }, times: 1 });
    await next();
    const [row] = await parked();
    await notices.database.execute(runbook(status, row?.id ?? 0n));
    await next();
    expect(await stateOf(notices)).toEqual([expect.stringContaining(`CONFIRMATION ${status}`) as string, 'SALE SENT']);
    expect(notices.inbox.count()).toBe(1);
  });
});

it('a notice that waits in a restored database is parked when a person says so', async () => {
  await notices.told([await aSold(notices)]);
  await notices.database.execute(runbook('PARKED', 0n));
  await next();
  const why = 'PARKED the database was restored';
  expect(await stateOf(notices)).toEqual([`CONFIRMATION ${why}`, `SALE ${why}`]);
  expect([notices.inbox.count(), texts()]).toEqual([0, []]);
});

function parked(): Promise<readonly { readonly id: bigint; readonly token: bigint }[]> {
  return notices.database.query(`SELECT id, token FROM payments.notice WHERE status = 'PARKED'`);
}

/** What the runbook has a person do about a notice. */
function runbook(status: string, id: bigint): string {
  const page = readFileSync(new URL('../../../docs/operations.md', import.meta.url), 'utf8');
  const statements = [...page.matchAll(/`(UPDATE payments\.notice [^`]+)`/g)].map(([, statement = '']) => statement);
  const statement = statements.find((one) => one.includes(`SET status = '${status}'`)) ?? '';
  return statement.replace('id = …', `id = ${id}`);
}

describe('an event of the outbox', () => {
  it('that comes twice over the bus to two consumers is told once', async () => {
    const [writer, ...readers] = ['writer', 'one', 'two'].map((instance) => testBus(redis, { instance }));
    await writer?.provide([succeededTopic]);
    await aProduct(notices, 3n, 6n, 5n);
    const orders = [await anOrder(notices, { items: [[3n, 1n]] }), await anOrder(notices, { items: [[2n, 1n]] })];
    for (const { paymentNumber, amountMinor, orderId } of orders) {
      notices.gateways.card.charge({ paymentNumber, amount: amountMinor, status: 'APPROVED' });
      await addressed(notices, orderId);
    }
    expect(await notices.run('reconcile')).toMatchObject({ how: 'completed' });
    const events = await notices.database.query<{ key: string; value: Uint8Array }>('SELECT key, value FROM payments.outbox ORDER BY id');
    const sink = writer?.publish(succeededTopic);
    for (const event of [...events, ...events]) await sink?.write([event]);
    const runs = readers.map((bus) => consuming(bus));
    const settled = (): number => runs.map((run) => run.counts()).reduce((sum, { done, skipped }) => sum + done + skipped, 0);
    await until('both have settled all', () => settled() >= 4);
    for (const run of runs) run.drain();
    await Promise.all(runs.map(({ ended }) => ended));
    expect(await stateOf(notices)).toEqual([
      'CONFIRMATION WAITING',
      'LOW_STOCK 3 WAITING',
      'SALE WAITING',
      'CONFIRMATION WAITING',
      'SALE WAITING',
    ]);
    await next();
    expect([notices.inbox.count(), notices.inbox.doubles(), texts().length, new Set(texts()).size]).toEqual([2, [], 3, 3]);
  });
});

/** A process that makes notices of what comes over a bus. */
function consuming(bus: Bus): ChainRun {
  const ports = { ...notices.noticePorts(), bus };
  const options = notifyOptions.parse({});
  const spec = aSpec({ source: notify.source(ports, options), chain: (message$) => notify.chain(message$, ports, options) });
  return runChain({ ...spec, clock: { ...realClock, now: notices.now } });
}

describe('two runs at once', () => {
  it('send each notice once', async () => {
    const events = await Promise.all(Array.from({ length: 30 }, () => aSold(notices)));
    await notices.told(events);
    notices.pass(1);
    const first = notices.send(notices.noticePorts(), { holder: 'one' });
    notices.pass(1);
    const second = notices.send(notices.noticePorts(), { holder: 'two' });
    expect(await Promise.all([first, second])).toMatchObject([{ how: 'completed' }, { how: 'completed' }]);
    expect([notices.inbox.count(), notices.inbox.doubles(), new Set(texts()).size, texts().length]).toEqual([30, [], 30, 30]);
    expect(new Set(await stateOf(notices))).toEqual(new Set(['CONFIRMATION SENT', 'SALE SENT']));
  });
});

describe('a run that sends notices', () => {
  const taken: NoticeSenders = { mail: { send: () => Promise.resolve('250'), gate: openGate('smtp') } };
  const few = { send: { concurrency: 2 }, record: { size: 2, maxWaitMs: 1 }, repeat: { firstDelayMs: 1, maxDelayMs: 1 } };

  async function someSold(count: number): Promise<SendNoticesPorts> {
    const ports = notices.noticePorts(notices.database, taken);
    const events = await Promise.all(Array.from({ length: count }, () => aSold(notices)));
    await notices.told(events, ports);
    notices.pass(1);
    return ports;
  }

  it('claims no more than it sends and records at once, however slow the recording is', async () => {
    const ports = await someSold(20);
    const behind = countBehind(ports.notices.claim, ports.notices.recordNotices, () => notices.database.query('SELECT 1'));
    const over = { ...ports, notices: { ...ports.notices, claim: behind.claim, recordNotices: behind.record } };
    expect(await notices.send(over, { options: few })).toMatchObject({ how: 'completed' });
    expect((await stateOf(notices)).filter((state) => state === 'CONFIRMATION SENT')).toHaveLength(20);
    expect(behind.most()).toBeLessThan(4);
  });

  it.each(['claim', 'recordNotices'] as const)('goes on where %s failed in a way that passes, without beginning anew', async (name) => {
    const ports = await someSold(3);
    let begun = 0;
    const pageDue: typeof ports.notices.pageDue = (channel, asOf, page) => {
      if (page.after === undefined) begun += 1;
      return ports.notices.pageDue(channel, asOf, page);
    };
    const failing =
      name === 'claim' ? { claim: failingOnce(ports.notices.claim) } : { recordNotices: failingOnce(ports.notices.recordNotices) };
    const end = await notices.send({ ...ports, notices: { ...ports.notices, pageDue, ...failing } }, { options: few });
    expect({ how: end.how, begun }).toEqual({ how: 'completed', begun: 1 });
    expect((await stateOf(notices)).filter((state) => state === 'CONFIRMATION SENT')).toHaveLength(3);
  });
});
