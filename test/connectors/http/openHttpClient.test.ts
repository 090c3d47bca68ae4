import type { IncomingMessage, ServerResponse } from 'node:http';
import { afterEach, describe, expect, it } from 'vitest';
import { openHttpClient, type HttpClientOptions } from '../../../src/connectors/http/openHttpClient.ts';
import type { HttpClient } from '../../../src/connectors/httpClient.ts';
import { causedBy } from '../../../src/message/cause.ts';
import { realClock } from '../../../src/runtime/clock.ts';
import { until } from '../../support/until.ts';
import { aServer, failureOf } from './aServer.ts';

const never = new AbortController().signal;
const closings: (() => void)[] = [];
afterEach(() => {
  for (const close of closings.splice(0)) close();
});

const service = 'The gateway';
const question = { method: 'GET', path: '/payments/7' } as const;
const order = { method: 'POST', path: '/payments/7/refunds', body: '{"amount":100}' } as const;

type Answer = (response: ServerResponse, request: IncomingMessage) => void;

async function aClient(answer: Answer, options: Partial<HttpClientOptions> = {}): Promise<HttpClient> {
  const { url, close } = await aServer(answer);
  closings.push(close);
  return openHttpClient({ service, url, token: 'secret', clock: realClock, ...options });
}

/** A server that shows what it was asked. */
const mirror: Answer = (response, request) => {
  const pieces: Buffer[] = [];
  request.on('data', (piece: Buffer) => pieces.push(piece));
  request.on('end', () => {
    const { method, url, headers } = request;
    response.end(JSON.stringify({ method, url, headers, body: Buffer.concat(pieces).toString() }));
  });
};

describe('a client of an HTTP service', () => {
  it('brings token, headers and body to a path behind the address', async () => {
    const { url, close } = await aServer(mirror);
    closings.push(close);
    const client = openHttpClient({ service, url: `${url}/api/`, token: 'secret', clock: realClock });
    const { body } = await client.ask({ ...order, headers: { 'idempotency-key': 'refund-1' } }, never);
    expect(JSON.parse(body)).toMatchObject({
      method: 'POST',
      url: '/api/payments/7/refunds',
      body: order.body,
      headers: {
        authorization: 'Bearer secret',
        accept: 'application/json',
        'content-type': 'application/json',
        'content-length': '14',
        'idempotency-key': 'refund-1',
      },
    });
  });

  it('brings the trace of what it is asked for, and nothing that others noted about it', async () => {
    const client = await aClient(mirror);
    const traceparent = '00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01';
    const cause = { traceOf: (key?: string) => (key === undefined ? { traceparent, tracestate: 'name=Kim' } : undefined) };
    const { body } = await causedBy(cause, () => client.ask(order, never));
    expect(JSON.parse(body)).toMatchObject({ headers: { traceparent } });
    expect(body).not.toContain('Kim');
    expect((await client.ask(order, never)).body).not.toContain('traceparent');
  });

  it('brings no token where it has none', async () => {
    const { url, close } = await aServer(mirror);
    closings.push(close);
    const { body } = await openHttpClient({ service, url, clock: realClock }).ask(question, never);
    expect(JSON.parse(body)).not.toHaveProperty('headers.authorization');
  });

  it('lets no header of a caller replace its token', async () => {
    const client = await aClient(mirror);
    const { body } = await client.ask({ ...question, headers: { Authorization: 'Bearer other' } }, never);
    expect(JSON.parse(body)).toMatchObject({ headers: { authorization: 'Bearer secret' } });
  });

  it.each([200, 302, 404, 429, 500])('answers a status of %i as data, with its headers and for how long to wait', async (status) => {
    const client = await aClient((response) => response.writeHead(status, { 'retry-after': '7', 'X-Kind': 'a' }).end('said'));
    expect(await client.ask(question, never)).toMatchObject({
      status,
      body: 'said',
      retryAfterMs: 7_000,
      headers: { 'x-kind': 'a', 'retry-after': '7' },
    });
  });

  it('does not guess how long to wait from a date', async () => {
    const client = await aClient((response) => response.writeHead(503, { 'retry-after': 'Sun, 15 Nov 2026 00:00:00 GMT' }).end());
    expect(await client.ask(question, never)).not.toHaveProperty('retryAfterMs');
  });

  it.each([
    '/payments/..',
    '/payments/../admin',
    '/payments/%2e%2e',
    '/a b',
    '/a#b',
    'payments',
    '/a\\b',
    '.example.org/x',
    '@example.org/x',
  ])('sends nothing to the path %s', async (path) => {
    const asked: string[] = [];
    const client = await aClient((response, { url = '' }) => {
      asked.push(url);
      response.end();
    });
    expect(await failureOf(client.ask({ method: 'GET', path }, never))).toMatchObject({ code: 'refused', isAnswer: false });
    expect(asked).toEqual([]);
  });

  it('asks for what came from outside as one part of the path', async () => {
    const client = await aClient(mirror);
    const { body } = await client.ask({ method: 'GET', path: `/payments/${encodeURIComponent('a/b?c#d 가')}?x=1` }, never);
    expect(JSON.parse(body)).toMatchObject({ url: '/payments/a%2Fb%3Fc%23d%20%EA%B0%80?x=1' });
  });
});

describe('a client of a service that fails', () => {
  it('knows that nothing was sent where no connection was made', async () => {
    const { url, close } = await aServer(() => undefined);
    close();
    const client = openHttpClient({ service, url, token: 'secret', clock: realClock });
    expect(await failureOf(client.ask(order, never))).toMatchObject({ code: 'unavailable', kind: 'transient' });
    expect(await failureOf(client.reach(5_000))).toMatchObject({ code: 'unavailable' });
  });

  it.each([
    { what: 'before the answer', cut: (response: ServerResponse) => response.destroy() },
    {
      what: 'in the middle of it',
      cut: (response: ServerResponse) => response.writeHead(201, { 'content-length': '100' }).write('half', () => response.destroy()),
    },
  ])('does not know what became of an order whose line was cut $what', async ({ cut }) => {
    const client = await aClient((response) => void cut(response));
    expect(await failureOf(client.ask(order, never))).toMatchObject({ code: 'outcomeUnknown', kind: 'unknown' });
  });

  it('does not know what became of an order that was given up while the service was silent', async () => {
    let asked = 0;
    const client = await aClient(() => (asked += 1));
    const limit = new AbortController();
    const failure = failureOf(client.ask(order, limit.signal));
    await until('the order has come', () => asked === 1);
    limit.abort();
    expect(await failure).toMatchObject({ code: 'outcomeUnknown' });
  });

  it('sends nothing for a signal that is aborted', async () => {
    let asked = 0;
    const client = await aClient((response) => {
      asked += 1;
      response.end();
    });
    expect(await failureOf(client.ask(order, AbortSignal.abort()))).toMatchObject({ code: 'cancelled', kind: 'transient' });
    await client.ask(question, never);
    expect(asked).toBe(1);
  });

  it('reads no more than an answer may have', async () => {
    const client = await aClient((response) => response.end('x'.repeat(101)), { maxAnswerBytes: 100 });
    expect(await failureOf(client.ask(order, never))).toMatchObject({ code: 'outcomeUnknown' });
    const bounded = await aClient((response) => response.end('x'.repeat(100)), { maxAnswerBytes: 100 });
    expect(await bounded.ask(order, never)).toMatchObject({ status: 200 });
  });

  it('says neither path, body nor token', async () => {
    const client = await aClient((response) => response.destroy());
    const { message } = await failureOf(client.ask(order, never));
    expect(message).not.toMatch(/payments|refunds|amount|secret/);
  });
});

describe('reaching an HTTP service', () => {
  it.each([200, 401, 404])('takes an answer of %i for being there', async (status) => {
    const client = await aClient((response) => response.writeHead(status).end());
    await client.reach(5_000);
  });

  it('asks for the path it was given', async () => {
    const asked: string[] = [];
    const answer: Answer = (response, { method = '', url = '' }) => {
      asked.push(`${method} ${url}`);
      response.end();
    };
    await (await aClient(answer)).reach(5_000);
    await (await aClient(answer, { reachPath: '/health' })).reach(5_000);
    expect(asked).toEqual(['GET /', 'GET /health']);
  });

  it('finds a service that answers 503 out of service', async () => {
    const client = await aClient((response) => response.writeHead(503).end());
    expect(await failureOf(client.reach(5_000))).toMatchObject({
      code: 'unavailable',
      message: 'The gateway answered 503: it cannot be used.',
    });
  });

  it('waits for a silent one no longer than its limit', async () => {
    const client = await aClient(() => undefined);
    const failure = await failureOf(client.reach(20));
    expect(failure).toMatchObject({ code: 'timedOut', kind: 'transient', message: 'The gateway did not answer within 20 ms.' });
  });

  it.each(['not an address', 'ftp://host', 'https://user:password@host', 'https://host/?x=1', 'https://host/#x'])(
    'refuses the address %s',
    (url) => {
      expect(() => openHttpClient({ service, url, token: 't', clock: realClock })).toThrow(/^The gateway must look like https:/);
    },
  );
});
