import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { afterEach, describe, expect, it } from 'vitest';
import { startSms, type Sms } from '../../simulators/sms.ts';

const closings: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const close of closings.splice(0)) await close();
});

const now = new Date('2026-11-15T00:00:00Z');

async function anSms(): Promise<Sms> {
  const sms = await startSms({ token: 'secret', now: () => now });
  closings.push(() => sms.close());
  return sms;
}

interface Asked {
  readonly key?: string;
  readonly to?: string;
  readonly text?: string;
  readonly token?: string;
}

function send(url: string, { key = 'key-1', to = '010-1234-5678', text = 'your bill', token = 'secret' }: Asked = {}): Promise<Response> {
  return fetch(`${url}/messages`, {
    method: 'POST',
    headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json', ...(key === '' ? {} : { 'idempotency-key': key }) },
    body: JSON.stringify({ to, text }),
  });
}

describe('the SMS endpoint', () => {
  it('takes a message and shows it to programs', async () => {
    const sms = await anSms();
    const response = await send(sms.url);
    expect([response.status, await response.json()]).toEqual([201, { id: 'sms-1' }]);
    const shown = {
      id: 'sms-1',
      to: '010-1234-5678',
      text: 'your bill',
      idempotencyKey: 'key-1',
      requests: 1,
      receivedAt: now.toISOString(),
    };
    expect(await (await fetch(`${sms.url}/messages?to=1234`)).json()).toEqual([shown]);
    expect(await (await fetch(`${sms.url}/messages?to=9999`)).json()).toEqual([]);
    await fetch(`${sms.url}/messages`, { method: 'DELETE' });
    expect(sms.count()).toBe(0);
  });

  it('answers the same key the same and sends no second message, and refuses the key for another one', async () => {
    const sms = await anSms();
    const answers = [await send(sms.url), await send(sms.url), await send(sms.url, { key: 'key-2' })];
    expect(await Promise.all(answers.map((answer) => answer.json()))).toEqual([{ id: 'sms-1' }, { id: 'sms-1' }, { id: 'sms-2' }]);
    expect((await send(sms.url, { text: 'another' })).status).toBe(422);
    expect(sms.received().map(({ requests }) => requests)).toEqual([2, 1]);
  });

  it.each([
    { what: 'a wrong token', asked: { token: 'guess' }, status: 401 },
    { what: 'no key', asked: { key: '' }, status: 400 },
    { what: 'a number that is none', asked: { to: 'kim@x.example' }, status: 400 },
    { what: 'an empty text', asked: { text: '' }, status: 400 },
  ])('refuses $what with a problem', async ({ asked, status }) => {
    const sms = await anSms();
    const response = await send(sms.url, asked);
    expect(response.status).toBe(status);
    expect(response.headers.get('content-type')).toBe('application/problem+json');
    expect(await response.json()).toMatchObject({ status, detail: expect.any(String) as string });
    expect(sms.count()).toBe(0);
  });
});

describe('a fault of the SMS endpoint', () => {
  it.each([
    { action: { kind: 'reply', status: 500 }, status: 500, retryAfter: null },
    { action: { kind: 'reply', status: 429, retryAfterS: 7 }, status: 429, retryAfter: '7' },
  ] as const)('answers $status before the message is taken, which then may come again', async ({ action, status, retryAfter }) => {
    const sms = await anSms();
    sms.faults.add({ phase: 'before', action, times: 1 });
    const refused = await send(sms.url);
    expect([refused.status, refused.headers.get('retry-after')]).toEqual([status, retryAfter]);
    expect(sms.count()).toBe(0);
    expect((await send(sms.url)).status).toBe(201);
  });

  it('strikes only the numbers it is meant for', async () => {
    const sms = await anSms();
    sms.faults.add({ phase: 'before', to: '0000', action: { kind: 'reply', status: 400 } });
    expect((await send(sms.url, { to: '010-0000-0001' })).status).toBe(400);
    expect((await send(sms.url)).status).toBe(201);
  });

  it('cuts the line after the message was taken: the same key finds it again', async () => {
    const sms = await anSms();
    sms.faults.add({ phase: 'after', action: { kind: 'cut' }, times: 1 });
    await expect(send(sms.url)).rejects.toThrow();
    expect(sms.count()).toBe(1);
    expect(await (await send(sms.url)).json()).toEqual({ id: 'sms-1' });
    expect(sms.count()).toBe(1);
  });

  it('cuts the line before the message is taken: nothing is kept', async () => {
    const sms = await anSms();
    sms.faults.add({ phase: 'before', action: { kind: 'cut' }, times: 1 });
    await expect(send(sms.url)).rejects.toThrow();
    expect(sms.count()).toBe(0);
  });

  it('answers later than usual, or never', async () => {
    const sms = await anSms();
    sms.faults.add({ phase: 'after', to: '5678', action: { kind: 'delay', delayMs: 5 } });
    sms.faults.add({ phase: 'after', to: '9999', action: { kind: 'silence' } });
    expect((await send(sms.url)).status).toBe(201);
    const unanswered = send(sms.url, { key: 'key-2', to: '010-9999-9999' });
    await expect(Promise.race([unanswered, send(sms.url, { key: 'key-3' })])).resolves.toMatchObject({ status: 201 });
    await sms.close();
    await expect(unanswered).rejects.toThrow();
    closings.length = 0;
  });

  it('comes over HTTP, and one that is none is refused', async () => {
    const sms = await anSms();
    const post = (rule: object): Promise<Response> => fetch(`${sms.url}/faults`, { method: 'POST', body: JSON.stringify(rule) });
    expect((await post({ phase: 'before', action: { kind: 'reply', status: 503 } })).status).toBe(200);
    expect((await send(sms.url)).status).toBe(503);
    await fetch(`${sms.url}/faults`, { method: 'DELETE' });
    expect((await send(sms.url)).status).toBe(201);
    expect((await post({ phase: 'sometimes', action: { kind: 'cut' } })).status).toBe(400);
  });

  it('refuses connections until it is told to take them', async () => {
    const sms = await anSms();
    sms.refuseConnections();
    await expect(send(sms.url)).rejects.toThrow();
    await sms.acceptConnections();
    expect((await send(sms.url)).status).toBe(201);
  });
});

describe('the SMS endpoint as a program', () => {
  it('says where it listens, takes messages, and ends when it is told', async () => {
    const program = spawn(process.execPath, ['simulators/sms.ts', '--port', '0', '--token', 'secret'], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    closings.push(() => Promise.resolve(program.kill('SIGKILL')));
    const [line] = (await once(program.stdout, 'data')) as [Buffer];
    const { url } = JSON.parse(line.toString()) as { url: string };
    expect((await send(url)).status).toBe(201);
    program.kill('SIGTERM');
    expect(await once(program, 'exit')).toEqual([0, null]);
  });
});
