import { beforeAll, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { bindRoutes } from '../../../src/console/boundRoute.ts';
import { defineAction, defineLook, defineQuestion } from '../../../src/console/route.ts';
import { WeirError } from '../../../src/errors.ts';
import { anApi, type AnApi } from './anApi.ts';

const canary = 'CanaryQ7x@mail.example';

interface Ports {
  readonly told: string[];
}

const count = z.int().min(1).max(9).meta({ description: 'how many' });

/** Writes a row, then ends as it is told. */
const write = defineAction({
  name: 'test.write',
  about: 'write a row',
  role: 'operator',
  input: z.strictObject({
    count,
    email: z.string().optional().meta({ description: 'whose', isPersonal: true }),
    end: z.enum(['well', 'refused', 'defect', 'unspeakable', 'atCommit']).default('well').meta({ description: 'how it ends' }),
  }),
  target: (input) => `row ${input.count}`,
  act: async (transaction, _: Ports, input) => {
    await transaction.execute({ text: 'INSERT INTO written VALUES ($1)', values: [input.count] });
    if (input.end === 'atCommit') await transaction.execute('INSERT INTO written VALUES (1), (1)');
    if (input.end === 'refused') throw new WeirError('refused', 'not today');
    if (input.end === 'defect') throw new TypeError(`wrong: ${canary}`);
    // No jsonb holds this character: the audit cannot be written.
    return { written: input.end === 'unspeakable' ? '\u0000' : input.count };
  },
  afterwards: ({ told }, input) => void told.push(String(input.count)),
});

const ask = defineQuestion({
  name: 'test.ask',
  about: 'answer',
  role: 'viewer',
  input: z.strictObject({ count }),
  answer: (_: Ports, input) => Promise.resolve({ count: input.count }),
});

const look = defineLook({
  name: 'test.look',
  about: 'look at somebody',
  role: 'admin',
  input: z.strictObject({ email: z.string().meta({ description: 'whom', isPersonal: true }) }),
  target: () => 'somebody',
  answer: (_: Ports, input) =>
    input.email === 'nobody' ? Promise.reject(new WeirError('notFound', 'nobody')) : Promise.resolve({ seen: canary }),
});

let api: AnApi;
const told: string[] = [];
beforeAll(async () => {
  api = await anApi(() => bindRoutes<Ports>([write, ask, look], { told }));
  await api.database.execute('CREATE TABLE written (count integer UNIQUE DEFERRABLE INITIALLY DEFERRED)');
});

const written = async (): Promise<readonly unknown[]> =>
  (await api.database.query<{ count: number }>('SELECT count FROM written ORDER BY 1')).map((row) => row.count);

describe('an action', () => {
  it('is done with its audit row, that says who did what and why, and nothing personal', async () => {
    const { status, body } = await api.ask(api.tokens.operator, 'test.write', { count: 1, email: canary, reason: ' asked by phone ' });
    expect({ status, body }).toEqual({ status: 200, body: { written: 1 } });
    expect(await api.audit()).toEqual([
      {
        ...{ actor: 'operator', role: 'operator', action: 'test.write', target: 'row 1', reason: 'asked by phone' },
        ...{ input: { count: 1, email: '•••', end: 'well' }, result: { written: 1 } },
      },
    ]);
    expect(JSON.stringify(api.log)).not.toContain('CanaryQ7x');
    expect(told).toEqual(['1']);
  });

  it.each([
    ['is refused', 'refused', 409, 'not today'],
    ['is a mistake', 'defect', 500, 'TypeError (see the log)'],
    ['cannot be committed', 'atCommit', 409, expect.stringContaining('PostgreSQL') as string],
    ['cannot be audited', 'unspeakable', 409, 'PostgreSQL: a value does not fit (22P05).'],
  ])('that %s leaves neither a change nor an audit row, and tells nobody else', async (_, end, expected, detail) => {
    const before = [await written(), await api.audit(), [...told]];
    const { status, body } = await api.ask(api.tokens.admin, 'test.write', { count: 2, end, reason: 'a test' });
    expect(status, JSON.stringify(body)).toBe(expected);
    expect(body).toMatchObject({ detail });
    expect([await written(), await api.audit(), told]).toEqual(before);
    expect(JSON.stringify([body, api.log])).not.toContain('CanaryQ7x');
    expect(api.log.at(-1)?.[1]).toMatchObject({ action: 'test.write', actor: 'admin' });
  });

  it.each([
    ['without a reason', { count: 1 }, 'reason'],
    ['with an empty one', { count: 1, reason: '  ' }, 'reason'],
    ['with a number that is too large', { count: 10, reason: 'x' }, 'count'],
    ['with a number as text', { count: '1', reason: 'x' }, 'count'],
    ['without a field', { reason: 'x' }, 'count'],
    ['with a field that is not known', { count: 1, reason: 'x', counts: 2 }, 'counts'],
    ['that is a list', [], ''],
  ])('%s is refused with the field named, and no value repeated', async (_, body, field) => {
    const answered = await api.ask(api.tokens.operator, 'test.write', body);
    expect(api.log.at(-1)?.[1]).toEqual({
      ...{ action: 'test.write', actor: 'operator', code: 'invalidKey', reason: 'the input was not understood' },
    });
    expect(answered).toMatchObject({ status: 400, body: { fields: [expect.objectContaining({ field })] } });
  });
});

describe('a request', () => {
  const send = (body: string, type = 'application/json'): Promise<Response> =>
    fetch(`${api.url}/api/test/ask`, {
      method: 'POST',
      headers: { authorization: `Bearer ${api.tokens.viewer}`, 'content-type': type },
      body,
    });

  it.each([
    ['larger than 1 MB', JSON.stringify({ count: 'x'.repeat(1_048_576) }), 'application/json', 413],
    ['that is no JSON', '{"count":', 'application/json', 400],
    ['that is a form', 'count=1', 'application/x-www-form-urlencoded', 415],
    ['with a prototype', '{"__proto__":{"count":1}}', 'application/json', 400],
  ])('%s is refused with a sentence', async (_, body, type, expected) => {
    const response = await send(body, type);
    expect(response.status).toBe(expected);
    expect(await response.json()).toMatchObject({ status: expected, detail: expect.any(String) as string });
  });

  it('that is a question leaves no audit row', async () => {
    const before = await api.audit();
    expect(await api.ask(api.tokens.viewer, 'test.ask', { count: 3 })).toMatchObject({ status: 200, body: { count: 3 } });
    expect(await api.audit()).toEqual(before);
  });
});

describe('an address that guesses', () => {
  it('is refused without being looked at after 20 failures, and told when to come back', async () => {
    for (let failure = 0; failure < 20; failure += 1) expect((await api.ask('guess', 'test.ask')).status).toBe(401);
    const { status, headers } = await api.ask('guess', 'test.ask');
    expect(status).toBe(429);
    expect(Number(headers.get('retry-after'))).toBeGreaterThan(0);
    // Whoever came with a good token before is let in from there; one that was never seen is not.
    expect((await api.ask(api.tokens.viewer, 'test.ask', { count: 1 })).status).toBe(200);
    expect((await api.ask(api.tokens.revoked, 'test.ask', { count: 1 })).status).toBe(429);
    expect(api.log.filter(([sentence]) => sentence === 'request without a good token')).toHaveLength(20);
  });
});

describe('the effect of an action', () => {
  const effect = async (token: string, body: object): Promise<{ readonly status: number; readonly body: unknown }> => {
    const headers = { authorization: `Bearer ${token}`, 'content-type': 'application/json' };
    const response = await fetch(`${api.url}/api/test/write/effect`, { method: 'POST', headers, body: JSON.stringify(body) });
    return { status: response.status, body: await response.json() };
  };

  it('is what the action would answer, and nothing of it stays', async () => {
    const [rows, audit, before] = [await written(), await api.audit(), told.length];
    expect(await effect(api.tokens.operator, { count: 9 })).toEqual({ status: 200, body: { written: 9 } });
    expect([await written(), await api.audit(), told.length]).toEqual([rows, audit, before]);
  });

  it('is refused where the action would be', async () => {
    expect(await effect(api.tokens.viewer, { count: 9 })).toMatchObject({ status: 403 });
    expect(await effect(api.tokens.operator, { count: 99 })).toMatchObject({ status: 400 });
    expect(await effect(api.tokens.operator, { count: 9, end: 'refused' })).toMatchObject({ status: 409, body: { detail: 'not today' } });
  });

  it('is not there for a question', async () => {
    const headers = { authorization: `Bearer ${api.tokens.admin}`, 'content-type': 'application/json' };
    const { status } = await fetch(`${api.url}/api/test/ask/effect`, { method: 'POST', headers, body: '{"count":1}' });
    expect(status).toBe(404);
  });
});

describe('a look', () => {
  it('is in the audit before it is answered, without what it answered', async () => {
    expect(await api.ask(api.tokens.admin, 'test.look', { email: canary, reason: 'asked by phone' })).toMatchObject({
      body: { seen: canary },
    });
    const last = (await api.audit()).at(-1);
    expect(last).toEqual({
      ...{ actor: 'admin', role: 'admin', action: 'test.look', target: 'somebody', reason: 'asked by phone' },
      ...{ input: { email: '•••' }, result: null },
    });
    expect(JSON.stringify(api.log)).not.toContain('CanaryQ7x');
  });

  it('is in the audit though it found nobody', async () => {
    const before = (await api.audit()).length;
    expect(await api.ask(api.tokens.admin, 'test.look', { email: 'nobody', reason: 'x' })).toMatchObject({ status: 404 });
    expect(await api.audit()).toHaveLength(before + 1);
  });

  it('needs a reason and its role, and is not in the audit without', async () => {
    const before = (await api.audit()).length;
    expect(await api.ask(api.tokens.admin, 'test.look', { email: canary })).toMatchObject({ status: 400 });
    expect(await api.ask(api.tokens.operator, 'test.look', { email: canary, reason: 'x' })).toMatchObject({ status: 403 });
    expect(await api.audit()).toHaveLength(before);
  });
});
