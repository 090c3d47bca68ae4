import type { ServerResponse } from 'node:http';
import { afterEach, describe, expect, it } from 'vitest';
import { openTexter } from '../../../src/connectors/http/openTexter.ts';
import type { Texter } from '../../../src/connectors/texter.ts';
import { startSms, type Sms } from '../../../simulators/sms.ts';
import { codeOf } from '../../../src/errors.ts';
import { realClock } from '../../../src/runtime/clock.ts';
import { until } from '../../support/until.ts';
import { aServer, failureOf } from './aServer.ts';

const text = { to: '01012345678', text: '[Weir] 10,000원', idempotencyKey: 'attempt-1' };
const never = new AbortController().signal;
const closing: (() => Promise<void> | void)[] = [];

afterEach(async () => {
  for (const close of closing.splice(0)) await close();
});

async function anEndpoint(): Promise<{ readonly sms: Sms; readonly texter: Texter }> {
  const sms = await startSms({ token: 'secret' });
  closing.push(() => sms.close());
  return { sms, texter: openTexter({ url: sms.url, token: 'secret', clock: realClock }) };
}

/** A texter of an endpoint that answers anything as it is told. */
async function aTexter(answer: (response: ServerResponse) => void): Promise<Texter> {
  const { url, close } = await aServer(answer);
  closing.push(close);
  return openTexter({ url, token: 'secret', clock: realClock });
}

describe('a texter', () => {
  it('hands a message over and answers its id', async () => {
    const { sms, texter } = await anEndpoint();
    expect(await texter.send(text, never)).toEqual({ id: 'sms-1' });
    expect(sms.received()).toMatchObject([{ ...text, requests: 1 }]);
  });

  it('sends a message once, however often it is asked under one key', async () => {
    const { sms, texter } = await anEndpoint();
    await texter.send(text, never);
    expect(await texter.send(text, never)).toEqual({ id: 'sms-1' });
    expect(sms.received()).toMatchObject([{ requests: 2 }]);
  });

  it.each([
    [400, 'refused', 'permanent'],
    [401, 'unavailable', 'transient'],
    [403, 'unavailable', 'transient'],
    [404, 'refused', 'permanent'],
    [408, 'throttled', 'transient'],
    [422, 'refused', 'permanent'],
    [429, 'throttled', 'transient'],
    [500, 'outcomeUnknown', 'unknown'],
    [502, 'outcomeUnknown', 'unknown'],
    [503, 'unavailable', 'transient'],
    [504, 'outcomeUnknown', 'unknown'],
    [302, 'outcomeUnknown', 'unknown'],
  ])('takes an answer of %i for %s', async (status, code, kind) => {
    const texter = await aTexter((response) => response.writeHead(status, { location: 'http://elsewhere.example/' }).end('{}'));
    // Whoever refuses or slows down is there; whoever cannot be used, or may have it, tells nothing.
    const isAnswer = code === 'refused' || code === 'throttled';
    expect(await failureOf(texter.send(text, never))).toMatchObject({ code, kind, isAnswer });
  });

  it('tells for how long it is asked to wait', async () => {
    const texter = await aTexter((response) => response.writeHead(429, { 'retry-after': '7' }).end());
    expect(await failureOf(texter.send(text, never))).toMatchObject({ code: 'throttled', retryAfterMs: 7_000 });
  });

  it('finds an endpoint with another token unavailable: no message is to blame', async () => {
    const { sms } = await anEndpoint();
    const texter = openTexter({ url: sms.url, token: 'wrong', clock: realClock });
    expect(codeOf(await failureOf(texter.send(text, never)))).toBe('unavailable');
  });

  it('finds an endpoint that refuses connections unavailable, and not reachable', async () => {
    const { sms, texter } = await anEndpoint();
    await texter.reach(5_000);
    sms.refuseConnections();
    expect(codeOf(await failureOf(texter.send(text, never)))).toBe('unavailable');
    expect(await failureOf(texter.reach(5_000))).toMatchObject({
      code: 'unavailable',
      message: expect.stringContaining('ECONNREFUSED') as string,
    });
    await sms.acceptConnections();
    await texter.reach(5_000);
  });

  it('does not know what became of a message whose connection was cut before the answer', async () => {
    const { sms, texter } = await anEndpoint();
    sms.faults.add({ phase: 'after', action: { kind: 'cut' }, times: 1 });
    expect(await failureOf(texter.send(text, never))).toMatchObject({ code: 'outcomeUnknown' });
    expect(sms.count()).toBe(1);
    expect(await texter.send(text, never)).toEqual({ id: 'sms-1' });
    expect(sms.count()).toBe(1);
  });

  it('does not know what became of a message whose call was aborted while the endpoint was silent', async () => {
    const { sms, texter } = await anEndpoint();
    sms.faults.add({ phase: 'after', action: { kind: 'silence' } });
    const cut = new AbortController();
    const failure = failureOf(texter.send(text, cut.signal));
    await until('the endpoint has it', () => sms.count() === 1);
    cut.abort();
    expect(await failure).toMatchObject({ code: 'outcomeUnknown' });
  });

  it('sends nothing for a signal that is aborted', async () => {
    const { sms, texter } = await anEndpoint();
    expect(await failureOf(texter.send(text, AbortSignal.abort()))).toMatchObject({ code: 'cancelled' });
    expect(sms.count()).toBe(0);
  });

  it('reads no more of an answer than an id may need', async () => {
    const texter = await aTexter((response) => response.writeHead(201).end('x'.repeat(1_000_000)));
    expect(await failureOf(texter.send(text, never))).toMatchObject({ code: 'outcomeUnknown' });
  });

  it('takes a message for sent whose answer it cannot read', async () => {
    const texter = await aTexter((response) => response.writeHead(201).end('fine'));
    expect(await texter.send(text, never)).toEqual({ id: '' });
  });

  it('never says number, text or token', async () => {
    const texter = await aTexter((response) => response.writeHead(400).end(JSON.stringify(text)));
    const { message } = await failureOf(texter.send(text, never));
    expect(message).toBe('The SMS endpoint answered 400: it does not take this message.');
  });

  it.each(['not an address', 'ftp://host', 'https://user:password@host'])('refuses the address %s', (url) => {
    expect(() => openTexter({ url, token: 't', clock: realClock })).toThrow(/SMS endpoint must look like/);
  });
});
