import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { afterEach, describe, expect, it } from 'vitest';
import type { HttpFault } from '../../simulators/httpFaults.ts';
import { startSlack, type Slack } from '../../simulators/slack.ts';
import { until } from '../support/until.ts';
import { asking, type Said } from './asking.ts';

const closings: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const close of closings.splice(0)) await close();
});

const now = new Date('2026-11-15T00:00:00Z');

async function aSlack(): Promise<Slack> {
  const slack = await startSlack({ now: () => now });
  closings.push(() => slack.close());
  return slack;
}

const say = ({ url }: Pick<Slack, 'url'>, body: object = { text: 'low stock' }, hook = 'T1/B1/x'): Promise<Said> =>
  asking(url, `POST /services/${hook}`, body);

describe('the chat', () => {
  it('takes what is posted to a hook, needs no token, and keeps it', async () => {
    const slack = await aSlack();
    const response = await fetch(`${slack.url}/services/T1/B1/x`, { method: 'POST', body: JSON.stringify({ text: 'low stock' }) });
    expect([response.status, await response.text()]).toEqual([200, 'ok']);
    await say(slack, undefined, 'other');
    const [first, second] = ['T1/B1/x', 'other'].map((hook) => ({ hook, text: 'low stock', receivedAt: now }));
    expect(slack.posts()).toEqual([first, second]);
    expect((await asking(slack.url, 'GET /posts')).body).toMatchObject([
      { hook: 'T1/B1/x', receivedAt: now.toISOString() },
      { hook: 'other' },
    ]);
    await asking(slack.url, 'DELETE /posts');
    expect(slack.posts()).toEqual([]);
  });

  it('keeps a message twice that was posted twice', async () => {
    const slack = await aSlack();
    await Promise.all([say(slack), say(slack)]);
    expect(slack.posts()).toHaveLength(2);
    slack.clear();
    expect(slack.posts()).toEqual([]);
  });

  it('refuses what is no message', async () => {
    const slack = await aSlack();
    expect(await say(slack, {})).toEqual({ status: 400, body: 'no_text' });
    expect(await say(slack, { text: '' })).toEqual({ status: 400, body: 'no_text' });
    const response = await fetch(`${slack.url}/services/x`, { method: 'POST', body: 'text' });
    expect([response.status, await response.text()]).toEqual([400, 'invalid_payload']);
    expect((await asking(slack.url, 'GET /services/x')).status).toBe(404);
    expect(slack.posts()).toEqual([]);
  });
});

describe('a fault of the chat', () => {
  it.each([
    { phase: 'before', status: 429, retryAfter: '7', posts: 0 },
    { phase: 'before', status: 500, retryAfter: '7', posts: 0 },
    { phase: 'after', status: 502, retryAfter: '7', posts: 1 },
  ] as const)('answers $status $phase a message is kept', async ({ phase, status, retryAfter, posts }) => {
    const slack = await aSlack();
    slack.faults.add({ phase, action: { kind: 'reply', status, retryAfterS: 7 }, times: 1, to: 'B1' });
    expect((await say(slack, undefined, 'other')).status).toBe(200);
    const response = await fetch(`${slack.url}/services/T1/B1/x`, { method: 'POST', body: '{"text":"low stock"}' });
    expect([response.status, response.headers.get('retry-after')]).toEqual([status, retryAfter]);
    expect(slack.posts().filter(({ hook }) => hook !== 'other')).toHaveLength(posts);
  });

  it('keeps a message whose answer is never given', async () => {
    const slack = await aSlack();
    const rule = { phase: 'after', action: { kind: 'silence' } satisfies HttpFault };
    await asking(slack.url, 'POST /faults', rule);
    const unanswered = say(slack);
    await until('the message is kept', () => slack.posts().length === 1);
    await slack.close();
    await expect(unanswered).rejects.toThrow();
    closings.length = 0;
  });

  it('is down until it is told otherwise', async () => {
    const slack = await aSlack();
    slack.refuseConnections();
    await expect(say(slack)).rejects.toThrow();
    await slack.acceptConnections();
    expect(await say(slack)).toEqual({ status: 200, body: 'ok' });
  });
});

describe('the chat as a program', () => {
  it('says where it listens, takes messages, and ends when it is told', async () => {
    const program = spawn(process.execPath, ['simulators/slack.ts', '--port', '0'], { stdio: ['ignore', 'pipe', 'inherit'] });
    closings.push(() => Promise.resolve(program.kill('SIGKILL')));
    const [line] = (await once(program.stdout, 'data')) as [Buffer];
    const { url } = JSON.parse(line.toString()) as { url: string };
    expect(await say({ url })).toEqual({ status: 200, body: 'ok' });
    program.kill('SIGTERM');
    expect(await once(program, 'exit')).toEqual([0, null]);
  });
});
