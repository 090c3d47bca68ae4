import { request } from 'node:http';
import { beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { createToken, revokeToken } from '../../../src/console/apiTokens.ts';
import { bindRoutes } from '../../../src/console/boundRoute.ts';
import { defineQuestion } from '../../../src/console/route.ts';
import { until } from '../../support/until.ts';
import { anApi, type AnApi } from './anApi.ts';

const ask = defineQuestion({
  name: 'test.ask',
  about: 'answer',
  role: 'viewer',
  input: z.strictObject({}),
  answer: () => Promise.resolve({ answered: true }),
});

let api: AnApi;
beforeAll(async () => {
  api = await anApi(() => bindRoutes([ask], undefined));
});
beforeEach(() => api.database.execute('DELETE FROM weir.console_session'));

interface Answer {
  readonly status: number;
  readonly body: unknown;
  /** `name=value` of the cookie that it sets. */
  readonly cookie: string;
  readonly setCookie: string;
}

/** Asks as a page of this origin would. A browser sets these headers by itself; `fetch` of Node.js does not let us. */
async function asPage(path: string, body: unknown, headers: Readonly<Record<string, string>> = {}): Promise<Answer> {
  const { promise, resolve, reject } = Promise.withResolvers<Answer>();
  const own = { origin: api.url, 'content-type': 'application/json', ...headers };
  const asked = request(`${api.url}${path}`, { method: 'POST', headers: own }, (response) => {
    let text = '';
    response.setEncoding('utf8').on('data', (part: string) => (text += part));
    response.on('end', () => {
      const setCookie = response.headers['set-cookie']?.join() ?? '';
      resolve({ status: response.statusCode ?? 0, body: JSON.parse(text), setCookie, cookie: setCookie.split(';')[0] ?? '' });
    });
  });
  asked.on('error', reject).end(JSON.stringify(body));
  return promise;
}

const logIn = (token: string): Promise<Answer> => asPage('/api/session/open', { token });
const withCookie = (cookie: string, headers: Readonly<Record<string, string>> = {}): Promise<Answer> =>
  asPage('/api/test/ask', {}, { cookie, ...headers });

describe('a session', () => {
  it('stands for the token that opened it, in a cookie that no script reads and no other site sends', async () => {
    const { status, body, cookie, setCookie } = await logIn(api.tokens.operator);
    expect({ status, body }).toMatchObject({ status: 200, body: { name: 'operator', role: 'operator' } });
    expect(setCookie).toMatch(/^weir_session=[A-Za-z0-9_-]{43}; Path=\/api; HttpOnly; SameSite=Strict; Max-Age=4\d{4}$/);
    expect(await withCookie(cookie)).toMatchObject({ status: 200, body: { answered: true } });
    expect(await asPage('/api/session/show', {}, { cookie })).toMatchObject({ status: 200, body: { name: 'operator', role: 'operator' } });
    expect(await api.audit()).toEqual(expect.arrayContaining([expect.objectContaining({ actor: 'operator', action: 'session.open' })]));
  });

  it('is secure where a proxy before it speaks TLS', async () => {
    const { setCookie } = await asPage('/api/session/open', { token: api.tokens.viewer }, { 'x-forwarded-proto': 'https' });
    expect(setCookie).toMatch(/; Secure$/);
  });

  it('is kept by its hash alone', async () => {
    const { cookie } = await logIn(api.tokens.viewer);
    const secret = cookie.split('=')[1] ?? 'none';
    const rows = JSON.stringify(await api.database.query('SELECT s::text FROM weir.console_session s'));
    for (const form of [secret, Buffer.from(secret).toString('hex'), Buffer.from(secret, 'base64url').toString('hex')]) {
      expect(rows + JSON.stringify(api.log)).not.toContain(form);
    }
  });

  it('ends when it is closed, and its cookie with it', async () => {
    const { cookie } = await logIn(api.tokens.viewer);
    const closed = await asPage('/api/session/close', {}, { cookie });
    expect(closed.setCookie).toContain('Max-Age=0');
    expect(await withCookie(cookie)).toMatchObject({ status: 401 });
  });

  it('ends by itself, and is forgotten at the next log-in', async () => {
    const { cookie } = await logIn(api.tokens.viewer);
    await api.database.execute(`UPDATE weir.console_session SET ends_at = clock_timestamp() - interval '1 second'`);
    expect(await withCookie(cookie)).toMatchObject({ status: 401 });
    await logIn(api.tokens.viewer);
    expect(await api.database.query('SELECT count(*)::integer AS kept FROM weir.console_session')).toEqual([{ kept: 1 }]);
  });

  it('ends with its token: revoked, or at its end', async () => {
    const at = new Date();
    const token = await createToken(api.database, { name: 'short', role: 'viewer', days: 1, at, by: 'test' });
    const { cookie, body } = await logIn(token);
    expect(Date.parse((body as { endsAt: string }).endsAt)).toBeLessThan(Date.now() + 13 * 3_600_000);
    await api.database.execute(`UPDATE weir.api_token SET ends_at = clock_timestamp() - interval '1 second' WHERE name = 'short'`);
    expect(await withCookie(cookie)).toMatchObject({ status: 401 });
    expect(await logIn(token)).toMatchObject({ status: 401 });
    const other = await createToken(api.database, { name: 'other', role: 'viewer', at, by: 'test' });
    const opened = await logIn(other);
    await revokeToken(api.database, { name: 'other', at, by: 'test' });
    expect(await withCookie(opened.cookie)).toMatchObject({ status: 401 });
  });

  it('is told nothing live past its end', async () => {
    const token = await createToken(api.database, { name: 'listening', role: 'viewer', days: 1, at: new Date(), by: 'test' });
    await api.database.execute(`UPDATE weir.api_token SET ends_at = clock_timestamp() + interval '5 seconds' WHERE name = 'listening'`);
    const live = (): Promise<Response> => fetch(`${api.url}/api/live`, { headers: { authorization: `Bearer ${token}` } });
    const stream = await live();
    expect(stream.status).toBe(200);
    // Resolves when it was ended.
    await stream.text();
    await until('it is let in no more', async () => {
      const { status, body } = await live();
      await body?.cancel();
      return status === 401;
    });
  });

  it('lasts no longer than its token', async () => {
    const token = await createToken(api.database, { name: 'ending', role: 'viewer', days: 1, at: new Date(), by: 'test' });
    await api.database.execute(`UPDATE weir.api_token SET ends_at = clock_timestamp() + interval '10 minutes' WHERE name = 'ending'`);
    expect((await logIn(token)).setCookie).toMatch(/Max-Age=(59\d|600)$/);
  });
});

describe('a forged request', () => {
  it.each([
    ['of another origin', { origin: 'https://evil.example' }],
    ['of a page in a sandbox', { origin: 'null' }],
    ['of a site that the browser knows to be another', { 'sec-fetch-site': 'cross-site' }],
    ['of another port of this machine', { origin: 'http://127.0.0.1:1', 'sec-fetch-site': 'same-site' }],
  ])('%s is refused, though it bears the cookie', async (_, headers) => {
    const { cookie } = await logIn(api.tokens.admin);
    expect(await withCookie(cookie, headers)).toMatchObject({ status: 403 });
    expect(await asPage('/api/session/open', { token: api.tokens.viewer }, headers)).toMatchObject({ status: 403 });
    expect(await asPage('/api/session/close', {}, { cookie, ...headers })).toMatchObject({ status: 403 });
  });

  it('that does not say where it comes from is refused', async () => {
    const { cookie } = await logIn(api.tokens.admin);
    const headers = { cookie, 'content-type': 'application/json' };
    const { promise, resolve } = Promise.withResolvers<number>();
    request(`${api.url}/api/test/ask`, { method: 'POST', headers }, (response) => resolve(response.resume().statusCode ?? 0)).end('{}');
    expect(await promise).toBe(403);
  });

  it('that names its session in the header of tokens is nobody', async () => {
    const { cookie } = await logIn(api.tokens.admin);
    const secret = cookie.split('=')[1] ?? '';
    expect(await asPage('/api/test/ask', {}, { authorization: `Session ${secret}` })).toMatchObject({ status: 401 });
  });

  it.each(['weir_session=', 'weir_session=short', `weir_session=${'A'.repeat(43)}`, `other=1; weir_session=${'A'.repeat(43)}`])(
    'with the cookie %s is nobody',
    async (cookie) => expect(await withCookie(cookie)).toMatchObject({ status: 401 }),
  );
});

describe('log-ins', () => {
  it('with wrong tokens are slowed down, by address', async () => {
    const slow = await anApi(() => bindRoutes([ask], undefined));
    const wrong = (): Promise<Response> =>
      fetch(`${slow.url}/api/test/ask`, { method: 'POST', headers: { authorization: `Bearer ${slow.tokens.forged}` }, body: '{}' });
    const answers = [];
    for (let at = 0; at < 25; at += 1) answers.push((await wrong()).status);
    expect(answers.slice(0, 20)).toEqual(Array.from({ length: 20 }, () => 401));
    expect(new Set(answers.slice(20))).toEqual(new Set([429]));
  });

  it('without a token are told what was expected, and nothing of what was sent', async () => {
    const { status, body } = await asPage('/api/session/open', { tokken: 'weir_1_secret' });
    expect(status).toBe(400);
    expect(JSON.stringify(body)).not.toContain('secret');
  });
});
