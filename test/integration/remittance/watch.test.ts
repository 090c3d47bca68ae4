import { beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { failureStore } from '../../../pipelines/remittance/failureStore.ts';
import type { PostgresDatabase } from '../../../src/connectors/postgres/openDatabase.ts';
import { WeirError } from '../../../src/errors.ts';
import { aGate } from '../../support/aGate.ts';
import { until } from '../../support/until.ts';
import { openPool } from '../jobs/copyJob.ts';
import { expireLeases } from '../jobs/mortal.ts';
import { mortalAt } from '../payments/mortalAt.ts';
import { aCall, aRequest } from './aLedger.ts';
import { aWatch, type AWatch } from './aWatch.ts';

let watched: AWatch;
let pool: PostgresDatabase;

beforeAll(async () => {
  watched = await aWatch();
  pool = openPool(watched.url);
});

beforeEach(() => watched.empty());

/** Lets minutes pass, and the run of the last one. */
async function next(minutes = 1, ...by: Parameters<AWatch['watch']>): Promise<void> {
  watched.pass(minutes * 60);
  expect(await watched.watch(...by)).toMatchObject({ how: 'completed' });
}

async function some(count: number): Promise<readonly bigint[]> {
  const ids: bigint[] = [];
  for (let made = 0; made < count; made += 1) ids.push(await aRequest(watched));
  return ids;
}

/** The numbers that were told, one for each message that is about one. */
function numbers(): readonly bigint[] {
  return watched
    .texts()
    .flatMap((text) => /송금번호 (\d+)/.exec(text)?.[1] ?? [])
    .map(BigInt)
    .toSorted((one, other) => (one < other ? -1 : 1));
}

const standing = (): Promise<readonly object[]> =>
  watched.database.query('SELECT status, count(*)::int AS count FROM remittance.late_notice GROUP BY 1 ORDER BY 1');

describe('a remittance that has no end after ten minutes', () => {
  it('is told once, and not before', async () => {
    const [id] = await some(1);
    await next(9);
    expect(watched.texts()).toEqual([]);
    await next(1);
    await next(60);
    expect(numbers()).toEqual([id]);
    expect(await standing()).toEqual([{ status: 'SENT', count: 1 }]);
  });

  it('is told with why it stands, and neither names nor accounts', async () => {
    const requestId = await aRequest(watched, { state: 'WITHDRAWN' });
    const callId = await aCall(watched, requestId, { kind: 'PAY_OUT', status: 'ASKED' });
    const failed = {
      id: callId,
      requestId,
      code: 'timedOut',
      error: 'The bank did not answer.',
      tries: 3,
      next: { kind: 'parked' } as const,
    };
    await watched.database.withTransaction((transaction) => failureStore(watched.now).write(transaction, 'call', [failed]));
    // Its failure waits for a person, whatever its own row says.
    await watched.database.execute('UPDATE remittance.biz_remittance_requests SET park_reason = NULL');
    await next(10);
    const [text = ''] = watched.texts();
    expect(text.split('\n').slice(3)).toEqual([
      '• 보류, 확인 필요: timedOut',
      '• 실패 3회 timedOut: The bank did not answer.',
      '• 은행 호출 PAY_OUT ASKED: 처리 중 답변 0회, 무응답 0회',
    ]);
    expect(text).not.toMatch(/business|110-/);
  });

  it('is not told once it has its end', async () => {
    for (const state of ['COMPLETED', 'FAILED', 'RETURNED'] as const) await aRequest(watched, { state });
    const [late] = await some(1);
    await watched.database.execute({
      text: `UPDATE remittance.biz_remittance_requests SET state = 'COMPLETED' WHERE id = $1`,
      values: [late],
    });
    await next(10);
    expect(watched.texts()).toEqual([]);
  });

  it('is told once there is a chat', async () => {
    const [id] = await some(1);
    await next(10, watched.ports(watched.database, null));
    expect(await standing()).toEqual([]);
    await next();
    expect(numbers()).toEqual([id]);
  });

  it('is told once the chat is back, and the run does not wait for it', async () => {
    const [id] = await some(1);
    await next(10, watched.ports(watched.database, { ...watched.chat, gate: aGate({ isOpen: false }) }));
    expect(await standing()).toEqual([]);
    watched.slack.faults.add({ phase: 'before', action: { kind: 'reply', status: 429, retryAfterS: 60 } });
    await next();
    expect(await standing()).toEqual([]);
    watched.slack.faults.clear();
    await next();
    expect(numbers()).toEqual([id]);
  });

  it('goes back untold when the breaker shuts behind the claim', async () => {
    const ids = await some(8);
    const gate = aGate({ onFailure: (one) => one.shut() });
    const post = (): Promise<void> => Promise.reject(new WeirError('unavailable', 'away'));
    await next(10, watched.ports(watched.database, { post, gate }));
    expect(await standing()).toEqual([]);
    await next();
    expect(numbers()).toEqual(ids);
  });

  it('is parked where nobody can tell whether it was posted, and seen', async () => {
    await some(1);
    watched.slack.faults.add({ phase: 'after', action: { kind: 'cut' }, times: 1 });
    await next(10);
    await next(60);
    expect(await standing()).toEqual([{ status: 'PARKED', count: 1 }]);
    expect([watched.texts().length, watched.untold]).toEqual([1, [['unknown', 1]]]);
  });

  it('fails where the chat will never take it, and is seen', async () => {
    await some(1);
    watched.slack.faults.add({ phase: 'before', action: { kind: 'reply', status: 404 }, times: 1 });
    await next(10);
    await next(60);
    expect(await standing()).toEqual([{ status: 'FAILED', count: 1 }]);
    expect([watched.texts(), watched.untold]).toEqual([[], [['refused', 1]]]);
  });
});

describe('more late remittances than anybody reads', () => {
  it('are told of in one message, and none of them again', async () => {
    await some(11);
    await next(10);
    expect(watched.texts()).toHaveLength(1);
    expect(watched.texts()[0]).toContain('송금 지연 11건, 합계 132,000원');
    expect(await standing()).toEqual([{ status: 'SENT', count: 11 }]);
    const [late] = await some(1);
    await next(10);
    expect(numbers()).toEqual([late]);
  });

  it('are told of again, all of them, where the chat surely did not take it', async () => {
    await some(11);
    watched.slack.faults.add({ phase: 'before', action: { kind: 'reply', status: 429 } });
    await next(10);
    expect(await standing()).toEqual([]);
    watched.slack.faults.clear();
    await some(1);
    await next(10);
    expect(watched.texts().map((text) => text.split(',')[0])).toEqual(['송금 지연 12건']);
  });

  it('are all parked where nobody can tell', async () => {
    await some(11);
    watched.slack.faults.add({ phase: 'after', action: { kind: 'cut' }, times: 1 });
    await next(10);
    await next(60);
    expect(await standing()).toEqual([{ status: 'PARKED', count: 11 }]);
    expect([watched.texts().length, watched.untold]).toEqual([1, [['unknown', 11]]]);
  });
});

describe('two processes at once', () => {
  it('that claim the same know of one another, and find their own again', async () => {
    const ids = await some(30);
    const news = ids.map((requestId) => ({ requestId, claimed: undefined }));
    const crowd = [{ requestId: undefined, claimed: undefined }];
    watched.pass(600);
    const { late } = watched.ports();
    const both = await Promise.all(
      [news, news.map((one) => ({ ...one })), crowd].map((asked) => late.claimLate(asked, watched.now(), 60_000)),
    );
    const claims = both.flat().filter((answer) => 'claimed' in answer);
    const told = claims.flatMap(({ claimed }) =>
      claimed?.content.kind === 'crowd' ? Array<number>(claimed.content.crowd.states[0]?.count ?? 0).fill(0) : [0],
    );
    expect(told).toHaveLength(30);
    expect(await late.claimLate(news, watched.now(), 60_000)).toEqual(both[0]);
    expect(await late.claimLate(crowd, watched.now(), 60_000)).toEqual(both[2]);
  });

  it('tell each once', async () => {
    const ids = await some(10);
    watched.pass(600);
    const first = watched.watch(watched.ports(), { holder: 'one' });
    watched.pass(60);
    const second = watched.watch(watched.ports(), { holder: 'two' });
    expect(await Promise.all([first, second])).toMatchObject([{ how: 'completed' }, { how: 'completed' }]);
    expect(numbers()).toEqual(ids);
  });
});

/** Waits until no statement that was under way when a process died may still commit: looked at twice, since one may just be sent. */
async function nothingIsUnderWay(): Promise<void> {
  const isQuiet = async (): Promise<boolean> => {
    const text = `SELECT FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid() AND state = 'active'`;
    return (await watched.database.query(text)).length === 0;
  };
  await until('nothing is under way', async () => (await isQuiet()) && (await isQuiet()));
}

describe('a process that dies', { timeout: 120_000 }, () => {
  it.each([
    ['alone', 3],
    ['together', 11],
  ])('never tells anything twice, and leaves nothing unseen, at whatever moment: %s', async (_how, count) => {
    for (let lastMoment = 1; ; lastMoment += 1) {
      await watched.empty();
      await some(count);
      watched.pass(600);
      const process = mortalAt(pool, lastMoment);
      const post = process.around(watched.chat.post.bind(watched.chat));
      const ports = watched.ports(process.database, { ...watched.chat, post });
      const { clock, holder } = process.runner;
      const hasLived = await process.lives(() => watched.watch(ports, { database: process.database, clock, holder }));
      await nothingIsUnderWay();
      for (let round = 0; round < 2; round += 1) {
        await expireLeases(watched.database);
        await watched.database.execute(
          `UPDATE remittance.late_notice SET lease_until = clock_timestamp() - interval '1 second' WHERE status = 'SENDING'`,
        );
        await next();
      }
      const posts = watched.texts().length;
      const rows = await watched.database.query<{ status: string; token: bigint }>(
        `SELECT DISTINCT token, status FROM remittance.late_notice`,
      );
      const untold = watched.untold.reduce((total, [, remittances]) => total + remittances, 0);
      const parked = rows.filter(({ status }) => status === 'PARKED').length;
      const where = `${process.where()}: ${posts} posts, ${JSON.stringify(rows.map(({ status }) => status))}`;
      expect(new Set(watched.texts()).size, where).toBe(posts);
      expect(
        rows.every(({ status }) => status === 'SENT' || status === 'PARKED'),
        where,
      ).toBe(true);
      expect(posts, where).toBeGreaterThanOrEqual(rows.length - parked);
      expect(posts, where).toBeLessThanOrEqual(rows.length);
      expect(
        (await standing()).reduce((total, row) => total + (row as { count: number }).count, 0),
        where,
      ).toBe(count);
      expect(untold > 0, where).toBe(parked > 0);
      if (hasLived) return;
    }
  });
});
