import type { ServerResponse } from 'node:http';
import { afterEach, describe, expect, it } from 'vitest';
import { openChat } from '../../../src/connectors/http/openChat.ts';
import type { Chat } from '../../../src/connectors/chat.ts';
import { startSlack, type Slack } from '../../../simulators/slack.ts';
import { codeOf } from '../../../src/errors.ts';
import { realClock } from '../../../src/runtime/clock.ts';
import { aServer, failureOf } from './aServer.ts';

const never = new AbortController().signal;
const hook = 'T0/B0/the-secret-of-the-hook';
const closing: (() => Promise<void> | void)[] = [];

afterEach(async () => {
  for (const close of closing.splice(0)) await close();
});

async function aHook(): Promise<{ readonly slack: Slack; readonly chat: Chat }> {
  const slack = await startSlack();
  closing.push(() => slack.close());
  return { slack, chat: openChat({ url: `${slack.url}/services/${hook}`, clock: realClock }) };
}

/** A chat that answers anything as it is told. */
async function aChat(answer: (response: ServerResponse) => void): Promise<Chat> {
  const { url, close } = await aServer(answer);
  closing.push(close);
  return openChat({ url: `${url}/services/${hook}`, clock: realClock });
}

describe('a chat', () => {
  it('posts a text to its hook', async () => {
    const { slack, chat } = await aHook();
    await chat.post('12,000원', never);
    expect(slack.posts()).toMatchObject([{ hook, text: '12,000원' }]);
  });

  it('escapes what a chat would take for links and mentions, each once', async () => {
    const { slack, chat } = await aHook();
    await chat.post('<!channel> & <http://bad.example|good> &lt;', never);
    expect(slack.posts()).toMatchObject([{ text: '&lt;!channel&gt; &amp; &lt;http://bad.example|good&gt; &amp;lt;' }]);
  });

  it('cuts a text that is longer than a chat shows, between two characters', async () => {
    const { slack, chat } = await aHook();
    await chat.post('😀'.repeat(3_000), never);
    await chat.post('😀'.repeat(3_001), never);
    expect(slack.posts().map(({ text }) => text)).toEqual(['😀'.repeat(3_000), `${'😀'.repeat(2_999)}…`]);
  });

  it('posts a text with half a character in it', async () => {
    const { slack, chat } = await aHook();
    await chat.post('a\ud83d', never);
    expect(slack.posts()).toMatchObject([{ text: 'a\ufffd' }]);
  });

  it.each([
    [400, 'refused', 'permanent'],
    [403, 'unavailable', 'transient'],
    [404, 'refused', 'permanent'],
    [410, 'refused', 'permanent'],
    [429, 'throttled', 'transient'],
    [500, 'outcomeUnknown', 'unknown'],
    [503, 'unavailable', 'transient'],
    [302, 'outcomeUnknown', 'unknown'],
  ])('takes an answer of %i for %s', async (status, code, kind) => {
    const chat = await aChat((response) => response.writeHead(status, { location: 'http://elsewhere.example/' }).end('no'));
    const isAnswer = code === 'refused' || code === 'throttled';
    expect(await failureOf(chat.post('text', never))).toMatchObject({ code, kind, isAnswer });
  });

  it('passes on how long it is to wait', async () => {
    const chat = await aChat((response) => response.writeHead(429, { 'retry-after': '7' }).end());
    expect(await failureOf(chat.post('text', never))).toMatchObject({ code: 'throttled', retryAfterMs: 7_000 });
  });

  it('knows nothing of a message whose answer was lost, though the chat has it', async () => {
    const { slack, chat } = await aHook();
    slack.faults.add({ phase: 'after', action: { kind: 'cut' }, times: 1 });
    expect(await failureOf(chat.post('text', never))).toMatchObject({ code: 'outcomeUnknown' });
    expect(slack.posts()).toHaveLength(1);
  });

  it('is cancelled while nothing was sent', async () => {
    const { slack, chat } = await aHook();
    expect(await failureOf(chat.post('text', AbortSignal.abort()))).toMatchObject({ code: 'cancelled' });
    expect(slack.posts()).toEqual([]);
  });

  it('is reached without a message, and not while it refuses connections or is out of service', async () => {
    const { slack, chat } = await aHook();
    await chat.reach(5_000);
    slack.refuseConnections();
    expect(codeOf(await failureOf(chat.post('text', never)))).toBe('unavailable');
    expect(await failureOf(chat.reach(5_000))).toMatchObject({ code: 'unavailable' });
    await slack.acceptConnections();
    await chat.reach(5_000);
    expect(slack.posts()).toEqual([]);
    const down = await aChat((response) => response.writeHead(503).end());
    expect(await failureOf(down.reach(5_000))).toMatchObject({ code: 'unavailable' });
  });

  it('tells neither the secret of its hook nor the text', async () => {
    const refusing = await aChat((response) => response.writeHead(400).end('the text'));
    const gone = openChat({ url: `http://127.0.0.1:1/services/${hook}`, clock: realClock });
    const failures = [failureOf(refusing.post('the text', never)), failureOf(gone.post('the text', never)), failureOf(gone.reach(5_000))];
    for (const { message } of await Promise.all(failures)) expect(message).not.toMatch(/secret|services|the text/);
  });

  it.each([
    '',
    'chat.example/hook',
    'ftp://chat.example/hook',
    'https://name:word@chat.example/hook',
    'https://chat.example',
    'https://chat.example/a?b=c',
  ])('is not opened at %j', (url) => {
    expect(() => openChat({ url, clock: realClock })).toThrow(/^The chat must look like/);
  });
});
