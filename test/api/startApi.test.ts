import { Agent, get } from 'node:http';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { amountMinor } from '../../src/api/amountMinor.ts';
import { defineApiRoute, defineOpenRoute } from '../../src/api/apiRoute.ts';
import { signatureHeaders } from '../../src/api/signature.ts';
import { WeirError } from '../../src/errors.ts';
import { Problem } from '../../src/http/problem.ts';
import { until } from '../support/until.ts';
import { anApiServer, ask, exchange, type AnApiServer, type ServedWith } from './anApiServer.ts';

interface Ports {
  readonly moved: unknown[];
  readonly fail?: () => Promise<never>;
}

const text = z.string().min(1).max(40);
const move = defineApiRoute({
  method: 'POST',
  path: '/moves',
  about: 'move money',
  input: z.strictObject({
    body: z.strictObject({
      from: text.meta({ description: 'whose' }),
      amountMinor: amountMinor({ max: 10n ** 18n, about: 'how much' }),
      note: text.optional().meta({ description: 'why' }),
    }),
  }),
  answers: { 202: { about: 'it is written down' } },
  answer: async ({ moved, fail }: Ports, { input, caller }) => {
    await fail?.();
    moved.push(input.body);
    return { status: 202, body: { caller: caller.name, amountMinor: input.body.amountMinor } };
  },
});

const show = defineApiRoute({
  method: 'GET',
  path: '/moves/:number',
  about: 'show a move',
  input: z.strictObject({
    path: z.strictObject({ number: z.string().regex(/^\d+$/, 'expected digits').meta({ description: 'which' }) }),
    query: z.strictObject({ deep: z.enum(['yes', 'no']).optional().meta({ description: 'how much of it' }) }),
  }),
  answers: { 200: { about: 'the move' } },
  answer: (_: Ports, { input }) => Promise.resolve({ status: 200, body: { number: input.path.number, deep: input.query.deep } }),
});

const hook = defineOpenRoute({
  method: 'POST',
  path: '/hooks/:name',
  about: 'be told',
  input: z.strictObject({
    path: z.strictObject({ name: text.meta({ description: 'by whom' }) }),
    body: z.strictObject({ id: z.int().meta({ description: 'which' }) }),
  }),
  headers: signatureHeaders,
  answers: { 200: { about: 'heard' } },
  verify: (_: Ports, { rawBody, headers }) => {
    if (headers['x-size'] !== String(rawBody.length)) throw new Problem(401, 'expected the size');
  },
  answer: ({ moved }: Ports, { input }) => {
    moved.push(input);
    return Promise.resolve({ status: 200, body: null });
  },
});

const served = (ports: Ports = { moved: [] }, served: ServedWith = {}): Promise<AnApiServer> =>
  anApiServer([move, show, hook], ports, served);

const post = (body: string | Uint8Array<ArrayBuffer>, headers: Record<string, string> = {}): RequestInit => ({
  method: 'POST',
  body,
  headers,
});

/** Asks over a connection that is kept. */
function statusOf(url: string, agent: Agent): Promise<number | undefined> {
  return new Promise((resolve, reject) => {
    get(url, { agent }, (response) => {
      response.resume().once('end', () => resolve(response.statusCode));
    }).once('error', reject);
  });
}

describe('a route for those who sign', () => {
  it('tells once that what comes is refused, and once that it is taken again', async () => {
    const { url, lines } = await served();
    const body = '{"id":1}';
    for (let time = 0; time < 3; time += 1) await ask(`${url}/hooks/a`, post(body));
    await ask(`${url}/hooks/b`, post(body, { 'x-size': String(body.length) }));
    expect(lines.map(([sentence]) => sentence)).toEqual(['signed requests are refused: look at the secrets']);
    await ask(`${url}/hooks/a`, post(body, { 'x-size': String(body.length) }));
    expect(lines.map(([sentence]) => sentence)).toEqual([
      'signed requests are refused: look at the secrets',
      'signed requests are taken again',
    ]);
    expect(lines[0]?.[1]).toMatchObject({ key: '/hooks/:name' });
  });
});

describe('a route', () => {
  it('is given its input, nothing rounded, and answers amounts as they are read', async () => {
    const moved: unknown[] = [];
    const { url } = await served({ moved });
    const { status, text: answer, headers } = await ask(`${url}/moves`, post('{"from":"a","amountMinor":9007199254740993}'));
    expect({ status, answer }).toEqual({ status: 202, answer: '{"caller":"kim","amountMinor":9007199254740993}' });
    expect(headers.get('cache-control')).toBe('no-store');
    expect(moved).toEqual([{ from: 'a', amountMinor: 9_007_199_254_740_993n }]);
    expect(await ask(`${url}/moves/7?deep=yes`)).toMatchObject({ status: 200, body: { number: '7', deep: 'yes' } });
  });

  it.each([
    ['an unknown field', '{"from":"a","amountMinor":1,"fee":2}', 'body.fee', 'no such field; there are from, amountMinor, note'],
    ['a wrong amount', '{"from":"a","amountMinor":1e3}', 'body.amountMinor', 'digits alone'],
    ['a missing amount', '{"from":"a"}', 'body.amountMinor', 'expected an amount'],
    ['a number for a text', '{"from":1,"amountMinor":1}', 'body.from', 'expected string'],
    ['a list for the body', '[]', 'body', 'expected object'],
    ['a name twice', '{"from":"a","amountMinor":1,"amountMinor":100}', 'amountMinor', 'expected once'],
    ['a name of a prototype', '{"from":"a","amountMinor":1,"__proto__":{"note":"b"}}', '__proto__', 'no such field'],
  ])('refuses %s and names the field', async (_, body, field, expected) => {
    const moved: unknown[] = [];
    const { url } = await served({ moved });
    const answer = await ask(`${url}/moves`, post(body));
    expect(answer).toMatchObject({ status: 400, body: { status: 400, title: 'Bad Request' } });
    const { fields } = answer.body as Problem['body'];
    expect(fields).toContainEqual({ field, expected: expect.stringContaining(expected) as string });
    expect(answer.headers.get('content-type')).toContain('application/problem+json');
    expect(moved).toEqual([]);
  });

  it.each([
    ['/moves/x', 'path.number', 'expected digits'],
    ['/moves/7?deep=true', 'query.deep', 'expected one of'],
    ['/moves/7?deep=yes&deep=no', 'query.deep', 'expected once'],
    ['/moves/7?size=1', 'query.size', 'no such field; there are deep'],
    ['/moves/7?__proto__=1', 'query.__proto__', 'no such field'],
  ])('refuses the address %s', async (path, field, expected) => {
    const { url } = await served();
    const fields = [{ field, expected: expect.stringContaining(expected) as string }];
    expect(await ask(url + path)).toMatchObject({ status: 400, body: { fields } });
  });

  it.each([
    ['without a type', { 'content-type': '' }, 415],
    ['as text', { 'content-type': 'text/plain' }, 415],
    ['as a form', { 'content-type': 'application/x-www-form-urlencoded' }, 415],
    ['in another character set', { 'content-type': 'application/json; charset=utf-16' }, 415],
    ['packed', { 'content-encoding': 'gzip' }, 415],
    ['with its character set', { 'content-type': 'application/json; charset=UTF-8' }, 202],
  ])('answers a body %s by its type', async (_, headers, status) => {
    const { url } = await served();
    expect(await ask(`${url}/moves`, post('{"from":"a","amountMinor":1}', headers))).toMatchObject({ status });
  });

  it('refuses a body beyond the limit, with and without its length told, and a question with a body', async () => {
    const { url } = await served({ moved: [] }, { limits: { bodyBytes: 100 } });
    const large = `{"from":"${'a'.repeat(200)}"}`;
    expect(await ask(`${url}/moves`, post(large))).toMatchObject({ status: 413, body: { status: 413 } });
    const head = 'POST /moves HTTP/1.1\r\nhost: a\r\nauthorization: Bearer kim\r\ncontent-type: application/json\r\n';
    const chunked = `${head}transfer-encoding: chunked\r\n\r\n${large.length.toString(16)}\r\n${large}\r\n0\r\n\r\n`;
    expect(await exchange(url, chunked)).toMatch(/^HTTP\/1.1 413 .*application\/problem\+json/s);
    const asked = 'GET /moves/7 HTTP/1.1\r\nhost: a\r\nauthorization: Bearer kim\r\ncontent-length: 2\r\n\r\n{';
    expect(await exchange(url, asked)).toMatch(/^HTTP\/1.1 400 /);
  });

  it('is not asked without a caller, and nothing of the body is read then', async () => {
    const { url } = await served();
    const answer = await exchange(
      url,
      'POST /moves HTTP/1.1\r\nhost: a\r\ncontent-type: application/json\r\ncontent-length: 5000\r\n\r\n{',
    );
    expect(answer).toMatch(/^HTTP\/1.1 401 .*connection: close/s);
  });

  it('tells nothing of what went wrong inside, and the log tells it', async () => {
    const cases = [
      [new TypeError('row (kim, 12000)'), 500],
      [new WeirError('unavailable', 'postgres at 10.0.0.1 is away'), 503],
      [new WeirError('outcomeUnknown', 'connection lost in COMMIT'), 503],
      [new WeirError('constraint', 'ledger_transfer_pkey'), 500],
    ] as const;
    for (const [error, status] of cases) {
      const { url, lines } = await served({ moved: [], fail: () => Promise.reject(error) });
      const answer = await ask(`${url}/moves`, post('{"from":"a","amountMinor":1}'));
      expect(answer.status).toBe(status);
      expect(answer.text).not.toMatch(/kim|postgres|COMMIT|ledger|TypeError|code/);
      expect(answer.headers.get('retry-after')).toBe(status === 503 ? '5' : null);
      expect(lines.map(([sentence, { action }]) => [sentence, action])).toEqual([['request failed', '/moves']]);
    }
  });

  it('answers a status that it does not declare with a fault', async () => {
    const liar = defineApiRoute({ ...show, answer: () => Promise.resolve({ status: 201, body: null }) });
    const { url } = await anApiServer([liar], { moved: [] });
    expect(await ask(`${url}/moves/7`)).toMatchObject({ status: 500 });
  });
});

describe('an open route', () => {
  it('verifies the bytes before they are parsed, and needs no token', async () => {
    const moved: unknown[] = [];
    const { url } = await served({ moved });
    const headers = { authorization: '', 'x-size': '8' };
    expect(await ask(`${url}/hooks/bank`, post('{"id": 7', headers))).toMatchObject({ status: 400 });
    expect(await ask(`${url}/hooks/bank`, post('{"id": }', { ...headers, 'x-size': '9' }))).toMatchObject({ status: 401 });
    expect(await ask(`${url}/hooks/bank`, post('{"id":7}', headers))).toMatchObject({ status: 200 });
    expect(moved).toEqual([{ path: { name: 'bank' }, body: { id: 7 } }]);
  });
});

describe('what there is not', () => {
  it.each(['/', '/none', '/moves/', '/MOVES', '/moves/7/more', '/moves/%ff', `/moves/${'1'.repeat(300)}`])(
    'is told at %s',
    async (path) => {
      const { url } = await served();
      const { status, headers, body } = await ask(url + path);
      expect([400, 404, 414]).toContain(status);
      expect(headers.get('content-type')).toContain('application/problem+json');
      expect(body).toMatchObject({ status });
    },
  );

  it('is another method of an address', async () => {
    const { url } = await served();
    for (const method of ['GET', 'PUT', 'PATCH', 'DELETE', 'OPTIONS', 'HEAD']) {
      const response = await fetch(`${url}/moves`, { method });
      expect([method, response.status, response.headers.get('allow')]).toEqual([method, 405, 'POST']);
      expect(response.headers.get('content-type')).toContain('application/problem+json');
    }
  });

  it.each([
    ['no HTTP', 'hello\r\n\r\n', 400],
    ['a body of two lengths', 'POST /moves HTTP/1.1\r\nhost: a\r\ncontent-length: 1\r\ntransfer-encoding: chunked\r\n\r\n', 400],
    ['no host', 'GET /moves/7 HTTP/1.1\r\n\r\n', 400],
    ['headers without end', `GET /moves/7 HTTP/1.1\r\nhost: a\r\nx: ${'a'.repeat(20_000)}`, 431],
  ])('is %s', async (_, sent, status) => {
    const { url } = await served();
    expect(await exchange(url, sent)).toContain(`HTTP/1.1 ${status} `);
  });
});

describe('a slow request', () => {
  it.each([
    ['headers', 'GET /moves/7 HTTP/1.1\r\nhost: a\r\nx-'],
    [
      'body',
      'POST /moves HTTP/1.1\r\nhost: a\r\nauthorization: Bearer kim\r\ncontent-type: application/json\r\ncontent-length: 9\r\n\r\n{',
    ],
  ])('whose %s never end is answered 408, and its connection ended', async (_, sent) => {
    const { url } = await served({ moved: [] }, { limits: { requestTimeoutMs: 100 } });
    expect(await exchange(url, sent)).toMatch(/^HTTP\/1.1 408 .*problem\+json.*too long/s);
  });
});

describe('hostile bodies', () => {
  it('are answered with a refusal, and move nothing', async () => {
    const moved: unknown[] = [];
    const { url, lines } = await served({ moved });
    const hostile = fc.oneof(
      fc.uint8Array({ minLength: 1, maxLength: 200 }),
      fc.json({ maxDepth: 4 }).map((json) => Buffer.from(json)),
      fc.jsonValue().map((value) => Buffer.from(JSON.stringify({ from: value, amountMinor: value }))),
      fc.double().map((value) => Buffer.from(`{"from":"a","amountMinor":${value.toString()}.5}`)),
    );
    await fc.assert(
      fc.asyncProperty(hostile, async (bytes) => {
        const { status, body } = await ask(`${url}/moves`, post(new Uint8Array(bytes)));
        expect({ status, body }).toMatchObject({ status: 400, body: { status: 400 } });
      }),
      { numRuns: 200 },
    );
    expect({ moved, lines }).toEqual({ moved: [], lines: [] });
  });
});

describe('a drain', () => {
  it('answers what is under way, ends kept connections, and takes no more', async () => {
    const gate = Promise.withResolvers<never>();
    const asked = Promise.withResolvers<undefined>();
    const fail = (): Promise<never> => {
      asked.resolve(undefined);
      return gate.promise;
    };
    const { url, server } = await served({ moved: [], fail });
    const kept = new Agent({ keepAlive: true });
    const idle = await statusOf(`${url}/none`, kept);
    const underWay = ask(`${url}/moves`, post('{"from":"a","amountMinor":1}'));
    await asked.promise;
    const closed = server.close(new AbortController().signal);
    await expect(fetch(`${url}/none`)).rejects.toThrow();
    gate.reject(new Problem(409, 'too late'));
    const { status, headers } = await underWay;
    expect([idle, status, headers.get('connection'), await closed]).toEqual([404, 409, 'close', true]);
    kept.destroy();
  });

  it('cuts what is not answered when it is told to, and says so', async () => {
    const asked = Promise.withResolvers<undefined>();
    const fail = (): Promise<never> => {
      asked.resolve(undefined);
      return new Promise<never>(() => undefined);
    };
    const { url, server } = await served({ moved: [], fail });
    const underWay = expect(ask(`${url}/moves`, post('{"from":"a","amountMinor":1}'))).rejects.toThrow();
    await asked.promise;
    const cut = new AbortController();
    const closed = server.close(cut.signal);
    cut.abort();
    expect(await closed).toBe(false);
    await underWay;
  });
});

describe('what is measured', () => {
  it('tells paths as they are declared, never as they were sent', async () => {
    const { url, answered } = await served();
    await ask(`${url}/moves/7`);
    await ask(`${url}/canary`);
    await ask(`${url}/moves`, { method: 'PUT' });
    await until('three were measured', () => answered.length === 3);
    expect(answered).toEqual([
      { route: '/moves/:number', method: 'GET', status: 200 },
      { route: 'none', method: 'GET', status: 404 },
      { route: '/moves', method: 'PUT', status: 405 },
    ]);
  });
});

describe('the port', () => {
  it('that is in use is told with its option', async () => {
    const { url } = await served();
    const port = Number(new URL(url).port);
    await expect(served({ moved: [] }, { port })).rejects.toMatchObject({
      code: 'portInUse',
      message: expect.stringContaining('WEIR_API_PORT') as string,
    });
  });
});
