import { beforeAll, describe, expect, it } from 'vitest';
import { seededRandom } from '../../../simulators/seededRandom.ts';
import { aCaller, anApi, type Api, type Said } from './anApi.ts';
import { aRemittance, openAccounts, type Remittance, type RemittanceProcess } from './aRemittance.ts';

let remittance: Remittance;
let process: RemittanceProcess;
let api: Api;
let kim: string;
let lee: string;

beforeAll(async () => {
  remittance = await aRemittance();
  await openAccounts(remittance, { 'A-1': 1_000_000n, 'B-1': 0n, 'C-1': 0n });
  process = remittance.aProcess();
  api = await anApi(remittance, process);
  kim = await aCaller(remittance, 'kim', ['A-1', 'not-here']);
  lee = await aCaller(remittance, 'lee', ['B-1']);
});

const good = { fromAccount: 'A-1', toAccount: 'B-1', amountMinor: 12_000 };

const post = (body: unknown, key: string, token = kim): Promise<Said> =>
  api.post('/remittances', token, key, typeof body === 'string' ? body : JSON.stringify(body));

const numberIn = ({ text }: Said): string => (JSON.parse(text) as { readonly number: string }).number;

/** How many rows there are of everything that a request writes. */
async function rows(): Promise<unknown> {
  const [row] = await remittance.database.query(`
    SELECT (SELECT count(*)::int FROM remittance.biz_remittance_requests) AS requests,
      (SELECT count(*)::int FROM remittance.biz_remittance_request_records) AS records,
      (SELECT count(*)::int FROM remittance.bank_call) AS calls, (SELECT count(*)::int FROM remittance.outbox) AS messages`);
  return row;
}

describe('POST /remittances', () => {
  it('takes a request on with its first call and message, and answers the same again with the same', async () => {
    const first = await post(good, 'first');
    expect(first).toMatchObject({ status: 202, text: expect.stringMatching(/^\{"number":"[1-9]\d*","state":"REQUESTED"\}$/) as string });
    const before = await rows();
    expect(await post({ amountMinor: 12_000, toAccount: 'B-1', fromAccount: 'A-1' }, 'first')).toEqual(first);
    expect(await rows()).toEqual(before);
    expect(before).toEqual({ requests: 1, records: 1, calls: 1, messages: 1 });
  });

  it('refuses another request under a key, and takes the same key of another caller', async () => {
    const mine = await post(good, 'shared');
    const before = await rows();
    expect((await post({ ...good, amountMinor: 12_001 }, 'shared')).status).toBe(422);
    expect(await rows()).toEqual(before);
    const theirs = await post({ ...good, fromAccount: 'B-1', toAccount: 'A-1' }, 'shared', lee);
    expect(theirs.status).toBe(202);
    expect(numberIn(theirs)).not.toBe(numberIn(mine));
  });

  it('refuses at once what is under way under its key', async () => {
    const release = Promise.withResolvers<undefined>();
    const held = Promise.withResolvers<undefined>();
    const holding = remittance.database.withTransaction(async (transaction) => {
      const scope = JSON.stringify(['kim POST /remittances', 'held']);
      await transaction.query({ text: 'SELECT pg_advisory_xact_lock(hashtextextended($1, 0))', values: [scope] });
      held.resolve(undefined);
      await release.promise;
    });
    await held.promise;
    expect((await post(good, 'held')).status).toBe(409);
    release.resolve(undefined);
    await holding;
    expect((await post(good, 'held')).status).toBe(202);
  });

  it('answers 503 and stores nothing when its transaction fails, and takes the same key then', async () => {
    const before = await rows();
    const locked = Promise.withResolvers<undefined>();
    const release = Promise.withResolvers<undefined>();
    const holding = remittance.database.withTransaction(async (transaction) => {
      await transaction.execute('LOCK TABLE remittance.outbox IN ACCESS EXCLUSIVE MODE');
      locked.resolve(undefined);
      await release.promise;
    });
    await locked.promise;
    const refused = await post(good, 'failed');
    release.resolve(undefined);
    await holding;
    expect(refused.status).toBe(503);
    expect(await rows()).toEqual(before);
    expect((await post(good, 'failed')).status).toBe(202);
  });

  const json = (over: object): string => JSON.stringify({ ...good, ...over });
  const withAmount = (text: string): string => json({}).replace('12000', text);
  it.each<readonly [string, string, number, string]>([
    ['a negative amount', withAmount('-1'), 400, 'amountMinor'],
    ['nothing', withAmount('0'), 400, 'amountMinor'],
    ['a fraction', withAmount('12000.5'), 400, 'amountMinor'],
    ['a whole fraction', withAmount('12000.0'), 400, 'amountMinor'],
    ['an exponent', withAmount('1e3'), 400, 'amountMinor'],
    ['a huge amount', withAmount('99999999999999999999999999'), 400, 'amountMinor'],
    ['more than is believed', withAmount('9000000000000001'), 400, 'amountMinor'],
    ['an amount as text', withAmount('"12000"'), 400, 'amountMinor'],
    ['no amount', '{"fromAccount":"A-1","toAccount":"B-1"}', 400, 'amountMinor'],
    ['no receiver', '{"fromAccount":"A-1","amountMinor":1}', 400, 'toAccount'],
    ['an unknown field', json({ currency: 'KRW' }), 400, 'currency'],
    ['an account number with a quote', json({ fromAccount: "A'; DROP" }), 400, 'fromAccount'],
    ['an account number that is too long', json({ toAccount: 'B'.repeat(41) }), 400, 'toAccount'],
    ['a number for an account', json({ toAccount: 7 }), 400, 'toAccount'],
    ['the same account twice', json({ toAccount: 'A-1' }), 400, 'toAccount'],
    ["another's account", json({ fromAccount: 'C-1' }), 404, 'fromAccount'],
    ['an account of the caller that there is not', json({ fromAccount: 'not-here' }), 404, 'fromAccount'],
    ['a receiver that there is not', json({ toAccount: 'nobody' }), 404, 'toAccount'],
    ['a body that is too large', json({ toAccount: 'B'.repeat(5_000) }), 413, 'too large'],
    ['a body that is too deep', `${'['.repeat(100)}${']'.repeat(100)}`, 400, '16 deep'],
    ['a prototype', '{"__proto__":{"amountMinor":1},"fromAccount":"A-1","toAccount":"B-1","amountMinor":1}', 400, '__proto__'],
    ['no JSON', '{', 400, 'JSON'],
    ['a list', '[]', 400, 'body'],
  ])('refuses %s, names what is wrong and writes nothing', async (name, body, status, told) => {
    const before = await rows();
    const said = await post(body, `bad ${name}`.replaceAll(/[^a-z]/g, '-'));
    expect(said.status).toBe(status);
    expect(said.text).toContain(told);
    expect(await rows()).toEqual(before);
  });

  it("tells nothing of another's account: it is refused as one that there is not", async () => {
    const [others, nobodys] = [
      await post({ ...good, fromAccount: 'C-1' }, 'others'),
      await post({ ...good, fromAccount: 'Z-9' }, 'nobodys'),
    ];
    expect(others).toEqual(nobodys);
  });

  it('needs a key and a token', async () => {
    const headers = { authorization: `Bearer ${kim}`, 'content-type': 'application/json' };
    const request = { method: 'POST', headers, body: JSON.stringify(good) };
    expect((await fetch(`${api.url}/remittances`, request)).status).toBe(400);
    expect((await post(good, 'stranger', 'weirapi_1_nobody')).status).toBe(401);
  });

  it('takes 10,000 requests once each, sent one to three times by several clients in any order', { timeout: 480_000 }, async () => {
    const count = 10_000;
    const [before, random] = [(await rows()) as Record<string, number>, seededRandom(7)];
    const sent = Array.from({ length: 3 * count }, (_, at) => ({ of: at % count, time: Math.floor(at / count), place: random() }));
    const meant = sent.filter(({ of, time }) => time <= of % 3);
    const line = meant.toSorted((one, other) => one.place - other.place).map(({ of }) => of);
    const numbers = new Map<number, Set<string>>();
    const wrong: Said[] = [];
    const client = async (): Promise<void> => {
      for (let of = line.pop(); of !== undefined; of = line.pop()) {
        const said = await post({ ...good, amountMinor: 100 + of }, `many-${of}`);
        if (said.status === 409) line.unshift(of);
        else if (said.status === 202) numbers.set(of, (numbers.get(of) ?? new Set()).add(said.text));
        else wrong.push(said);
      }
    };
    await Promise.all(Array.from({ length: 16 }, client));
    expect(wrong).toEqual([]);
    expect(numbers.size).toBe(count);
    expect([...numbers.values()].filter(({ size }) => size !== 1)).toEqual([]);
    const after = (await rows()) as Record<string, number>;
    expect(Object.entries(after).map(([name, count]) => [name, count - (before[name] ?? 0)])).toEqual([
      ['requests', count],
      ['records', count],
      ['calls', count],
      ['messages', count],
    ]);
  });
});

describe('GET /remittances/:number', () => {
  it('shows its caller how it stands, and nobody else', async () => {
    const number = numberIn(await post({ ...good, amountMinor: 8_999_999_999_999_999 }, 'shown'));
    const said = await api.ask(`/remittances/${number}`, kim);
    expect(said).toMatchObject({ status: 200 });
    expect(JSON.parse(said.text)).toEqual({
      ...{ number, state: 'REQUESTED', fromAccount: 'A-1', toAccount: 'B-1', amountMinor: 8_999_999_999_999_999 },
      states: [{ state: 'REQUESTED', at: remittance.now().toISOString() }],
    });
    const event = { eventId: number, key: `${number}-MOVE_IN-1`, word: { kind: 'refused', reason: 'ACCOUNT_CLOSED' } } as const;
    remittance.pass(1_000);
    await process.ports.callbacks.take(event);
    expect(JSON.parse((await api.ask(`/remittances/${number}`, kim)).text)).toMatchObject({
      state: 'FAILED',
      failCode: 'ACCOUNT_CLOSED',
      states: [{ state: 'REQUESTED' }, { state: 'FAILED', at: remittance.now().toISOString() }],
    });
    const others = await api.ask(`/remittances/${number}`, lee);
    expect(others.status).toBe(404);
    expect(await api.ask('/remittances/1', kim)).toEqual(others);
    for (const wrong of ['0', '-1', '1e3', '9223372036854775808', 'x']) {
      expect((await api.ask(`/remittances/${wrong}`, kim)).status).toBe(400);
    }
  });
});
