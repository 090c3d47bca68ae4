import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { connect } from 'node:net';
import { afterEach, describe, expect, it } from 'vitest';
import { startInbox, type Inbox, type InboxOptions } from '../../simulators/inbox.ts';
import { until } from '../support/until.ts';

const closings: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const close of closings.splice(0)) await close();
});

async function anInbox(options: InboxOptions = {}): Promise<Inbox> {
  const inbox = await startInbox(options);
  closings.push(() => inbox.close());
  return inbox;
}

/** Says these bytes to a server and returns everything it answers until it hangs up. */
async function say(port: number, words: string): Promise<string> {
  const socket = connect(port, '127.0.0.1');
  let answers = '';
  socket.on('data', (chunk) => (answers += chunk.toString()));
  socket.write(words);
  await once(socket, 'close');
  return answers;
}

const envelope = (to: string): string => `MAIL FROM:<bills@weir.example>\r\nRCPT TO:<${to}>\r\nDATA\r\n`;
const dialogue = (body: string, to = 'kim@x.example'): string => `EHLO me\r\n${envelope(to)}${body}\r\n.\r\nQUIT\r\n`;
const codes = (answers: string): readonly string[] =>
  answers
    .split('\r\n')
    .filter((line) => /^\d{3} /.test(line))
    .map((line) => line.slice(0, 3));

describe('the inbox', () => {
  it('answers commands that come at once in their order, and keeps the mail', async () => {
    const now = new Date('2026-11-15T00:00:00Z');
    const inbox = await anInbox({ now: () => now });
    const answers = await say(inbox.smtpPort, dialogue('Subject: hello\r\nMessage-ID: <1@weir.example>\r\n\r\nbody'));
    expect(codes(answers)).toEqual(['220', '250', '250', '250', '354', '250', '221']);
    expect(await inbox.messages()).toMatchObject([
      {
        id: 1,
        receivedAt: now,
        from: 'bills@weir.example',
        to: ['kim@x.example'],
        messageId: '<1@weir.example>',
        subject: 'hello',
        text: 'body\n',
      },
    ]);
  });

  it('takes the stuffing off dots, and ends a mail at nothing but a dot between two line ends', async () => {
    const inbox = await anInbox();
    await say(inbox.smtpPort, dialogue('\r\n..\r\n...\r\na.\r\n\n.\nMAIL FROM:<evil@e.kr>\r.\r\n..end'));
    expect(inbox.received().map((mail) => mail.raw.toString())).toEqual(['\r\n.\r\n..\r\na.\r\n\n.\nMAIL FROM:<evil@e.kr>\r.\r\n.end\r\n']);
  });

  it('finds the dot wherever the network cuts the stream', async () => {
    const inbox = await anInbox();
    const socket = connect(inbox.smtpPort, '127.0.0.1').setNoDelay(true);
    for (const byte of dialogue('Subject: slow\r\n\r\n.. dot')) {
      socket.write(byte);
      await new Promise((resolve) => setImmediate(resolve));
    }
    await once(socket.resume(), 'close');
    expect(inbox.received()[0]?.raw.toString()).toBe('Subject: slow\r\n\r\n. dot\r\n');
  });

  it('takes an empty mail', async () => {
    const inbox = await anInbox();
    await say(inbox.smtpPort, `EHLO me\r\n${envelope('kim@x.example')}.\r\nQUIT\r\n`);
    expect(inbox.received()).toMatchObject([{ messageId: '', raw: Buffer.alloc(0) }]);
  });

  it('refuses commands in a wrong order and words that are none', async () => {
    const inbox = await anInbox();
    const words = [
      'RCPT TO:<a@b>',
      'DATA',
      'HELLO',
      'MAIL FROM:<a@b>',
      'MAIL FROM:<a@b>',
      'DATA',
      'RSET',
      'RCPT TO:<a@b>',
      'NOOP',
      'QUIT',
      '',
    ];
    expect(codes(await say(inbox.smtpPort, words.join('\r\n')))).toEqual('220 503 503 500 250 503 503 250 503 250 221'.split(' '));
    expect(inbox.count()).toBe(0);
  });

  it('shows doubles by their Message-ID', async () => {
    const inbox = await anInbox();
    for (const id of ['1', '2', '1'])
      await say(inbox.smtpPort, dialogue(`X: y\r\nMessage-ID:\r\n <${id}@weir.example>\r\n\r\nMessage-ID: <no>`));
    expect(inbox.doubles()).toEqual(['<1@weir.example>']);
    expect(inbox.byMessageId('<1@weir.example>').map((mail) => mail.id)).toEqual([1, 3]);
  });

  it('waits until there are enough mails, and says how many there are when they do not come', async () => {
    const inbox = await anInbox();
    const waiting = inbox.until(2);
    await say(inbox.smtpPort, dialogue('1'));
    await say(inbox.smtpPort, dialogue('2'));
    await waiting;
    await expect(inbox.until(3, 1)).rejects.toThrow('The inbox has 2 of 3 mails after 1 ms.');
    inbox.clear();
    expect(inbox.count()).toBe(0);
  });

  it.each([
    { keep: 'envelopes', kept: [{ messageId: '<1@weir.example>', raw: Buffer.alloc(0) }] },
    { keep: 'none', kept: [] },
  ] as const)('keeps less where it is told to keep $keep', async ({ keep, kept }) => {
    const inbox = await anInbox({ keep });
    await say(inbox.smtpPort, dialogue('Message-ID: <1@weir.example>\r\n\r\nbody'));
    expect(inbox.count()).toBe(1);
    expect(inbox.received()).toMatchObject(kept);
  });
});

describe('a fault of the inbox', () => {
  it('strikes only the recipients it is meant for, as often as it is told', async () => {
    const inbox = await anInbox();
    inbox.faults.add({ phase: 'rcpt', action: { kind: 'reply', text: '450 4.2.0 later' }, to: '@slow.example', times: 1 });
    expect(codes(await say(inbox.smtpPort, dialogue('1', 'a@fast.example')))).toContain('354');
    expect(codes(await say(inbox.smtpPort, dialogue('2', 'a@slow.example')))).toContain('450');
    expect(codes(await say(inbox.smtpPort, dialogue('3', 'a@slow.example')))).toContain('354');
  });

  it('spares as many as it is told, then calls instead of answering, with the mail kept', async () => {
    const inbox = await anInbox();
    const called = Promise.withResolvers<number>();
    const call = (): void => called.resolve(inbox.count());
    inbox.faults.add({ phase: 'dot', action: { kind: 'call', call }, to: '@x.example', spare: 1, times: 1 });
    for (const to of ['a@other.example', 'b@x.example']) expect(codes(await say(inbox.smtpPort, dialogue('1', to)))).toContain('221');
    const unanswered = say(inbox.smtpPort, dialogue('2', 'c@x.example'));
    expect(await called.promise).toBe(3);
    inbox.cutConnections();
    await expect(unanswered).rejects.toThrow('ECONNRESET');
    expect(codes(await say(inbox.smtpPort, dialogue('3', 'd@x.example')))).toContain('221');
  });

  it('drops a mail after its dot: cut, and not kept', async () => {
    const inbox = await anInbox();
    inbox.faults.add({ phase: 'dot', action: { kind: 'drop' }, times: 1 });
    expect(codes(await say(inbox.smtpPort, dialogue('1'))).at(-1)).toBe('354');
    expect(inbox.count()).toBe(0);
  });

  it('cuts the line after the dot with the mail kept, or before it without', async () => {
    const inbox = await anInbox();
    inbox.faults.add({ phase: 'dot', action: { kind: 'cut' }, times: 1 });
    expect(codes(await say(inbox.smtpPort, dialogue('1'))).at(-1)).toBe('354');
    expect(inbox.count()).toBe(1);
    inbox.faults.add({ phase: 'body', action: { kind: 'cut' }, times: 1 });
    expect(codes(await say(inbox.smtpPort, dialogue('2'))).at(-1)).toBe('354');
    expect(inbox.count()).toBe(1);
  });

  it.each([
    { phase: 'greeting', text: '421 4.3.2 busy' },
    { phase: 'mail', text: '421 4.3.2 busy' },
    { phase: 'rcpt', text: '450 4.2.0 later' },
    { phase: 'rcpt', text: '452 4.2.2 full' },
    { phase: 'rcpt', text: '550 5.1.1 nobody' },
    { phase: 'data', text: '454 4.7.0 not now' },
    { phase: 'dot', text: '451 4.3.0 trouble' },
  ] as const)('answers $text at $phase and keeps nothing', async ({ phase, text }) => {
    const inbox = await anInbox();
    inbox.faults.add({ phase, action: { kind: 'reply', text } });
    expect(codes(await say(inbox.smtpPort, `${dialogue('1')}QUIT\r\n`))).toContain(text.slice(0, 3));
    expect(inbox.count()).toBe(0);
  });

  it('lets answers trickle, a byte at a time, to their last byte', async () => {
    const inbox = await anInbox();
    inbox.faults.add({ phase: 'greeting', action: { kind: 'trickle', byteMs: 1 } });
    const socket = connect(inbox.smtpPort, '127.0.0.1');
    const pieces: string[] = [];
    socket.on('data', (chunk) => pieces.push(chunk.toString()));
    socket.write(dialogue('1'));
    await once(socket, 'close');
    expect(codes(pieces.join(''))).toEqual(['220', '250', '250', '250', '354', '250', '221']);
    expect(pieces.length).toBeGreaterThan(10);
  });

  it('gives no greeting, and the connection stays', async () => {
    const inbox = await anInbox();
    inbox.faults.add({ phase: 'greeting', action: { kind: 'silence' }, times: 1 });
    const unanswered = say(inbox.smtpPort, dialogue('1'));
    expect(codes(await say(inbox.smtpPort, dialogue('2')))).toContain('354');
    expect(inbox.connections().open).toBe(1);
    inbox.cutConnections();
    await expect(unanswered).rejects.toThrow('ECONNRESET');
    expect(inbox.count()).toBe(1);
  });

  it('strikes a share of recipients, the same ones in every order', async () => {
    const recipients = Array.from({ length: 40 }, (_, index) => `m${index}@x.example`);
    const struck = async (order: readonly string[]): Promise<readonly string[]> => {
      const inbox = await anInbox({ seed: 5 });
      inbox.faults.add({ phase: 'rcpt', share: 0.3, action: { kind: 'reply', text: '451 4.7.1 greylisted' } });
      for (const to of order) await say(inbox.smtpPort, dialogue('x', to));
      const kept = inbox.received().flatMap(({ to }) => to);
      return recipients.filter((recipient) => !kept.includes(recipient));
    };
    const first = await struck(recipients);
    expect(first.length).toBeGreaterThan(4);
    expect(first.length).toBeLessThan(20);
    expect(await struck(recipients.toReversed())).toEqual(first);
  });

  it('is gone when it is removed', async () => {
    const inbox = await anInbox();
    const remove = inbox.faults.add({ phase: 'mail', action: { kind: 'cut' } });
    expect(codes(await say(inbox.smtpPort, dialogue('1')))).not.toContain('354');
    remove();
    expect(codes(await say(inbox.smtpPort, dialogue('2')))).toContain('354');
  });

  it('strikes by chance as the seed says, the same in every run', async () => {
    const run = async (seed: number): Promise<string> => {
      const inbox = await anInbox({ seed });
      inbox.faults.add({ phase: 'rcpt', action: { kind: 'reply', text: '550 5.1.1 no' }, probability: 0.5 });
      let outcome = '';
      for (let index = 0; index < 20; index += 1) outcome += codes(await say(inbox.smtpPort, dialogue('x'))).includes('354') ? '+' : '-';
      return outcome;
    };
    const first = await run(7);
    expect(first).toMatch(/\+.*-|-.*\+/);
    expect(await run(7)).toBe(first);
    expect(await run(8)).not.toBe(first);
  });
});

describe('an inbox that is away', () => {
  it('refuses connections for as long as it is told, and then takes them by itself', async () => {
    const inbox = await anInbox();
    await inbox.refuseConnections(1);
    await until('it takes connections again', async () => codes(await say(inbox.smtpPort, dialogue('1'))).includes('354'));
    expect(inbox.count()).toBe(1);
  });

  it('is a black hole: open connections and new ones are answered nothing, until it ends; what it swallowed stays so', async () => {
    const inbox = await anInbox();
    const open = connect(inbox.smtpPort, '127.0.0.1').on('error', () => undefined);
    await once(open, 'data');
    inbox.swallowConnections();
    let heard = '';
    open.on('data', (chunk) => (heard += chunk.toString()));
    open.write(dialogue('1'));
    const unanswered = say(inbox.smtpPort, dialogue('2'));
    unanswered.catch(() => undefined);
    await until('both are connected', () => inbox.connections().accepted === 2);
    await inbox.acceptConnections();
    expect(codes(await say(inbox.smtpPort, dialogue('3')))).toContain('354');
    expect([heard, inbox.count()]).toEqual(['', 1]);
    inbox.cutConnections();
    await expect(unanswered).rejects.toThrow('ECONNRESET');
  });
});

describe('the inbox over HTTP', () => {
  it('shows mails to people and programs', async () => {
    const inbox = await anInbox();
    await say(inbox.smtpPort, dialogue('Subject: hello\r\nContent-Type: text/html\r\n\r\n<b>hi</b>', 'kim@x.example'));
    await say(inbox.smtpPort, dialogue('Subject: other\r\n\r\nhi', 'lee@x.example'));
    const get = (path: string): Promise<Response> => fetch(inbox.httpUrl + path);
    expect(await (await get('/count')).json()).toEqual({ count: 2 });
    expect(await (await get('/messages?to=lee')).json()).toMatchObject([{ id: 2, to: ['lee@x.example'] }]);
    expect(await (await get('/messages/1')).json()).toMatchObject({ subject: 'hello', to: ['kim@x.example'] });
    const html = await get('/messages/1.html');
    expect(await html.text()).toContain('<b>hi</b>');
    expect(html.headers.get('content-security-policy')).toContain("default-src 'none'");
    expect((await get('/messages/9')).status).toBe(404);
    await fetch(`${inbox.httpUrl}/messages`, { method: 'DELETE' });
    expect(inbox.count()).toBe(0);
  });

  it('takes faults', async () => {
    const inbox = await anInbox();
    const post = (path: string, body = ''): Promise<Response> => fetch(inbox.httpUrl + path, { method: 'POST', body });
    await post('/faults', JSON.stringify({ phase: 'mail', action: { kind: 'reply', text: '451 4.3.0 no' } }));
    expect(codes(await say(inbox.smtpPort, dialogue('x')))).toContain('451');
    await fetch(`${inbox.httpUrl}/faults`, { method: 'DELETE' });
    expect(codes(await say(inbox.smtpPort, dialogue('x')))).toContain('354');
    await post('/refuse');
    await expect(say(inbox.smtpPort, dialogue('x'))).rejects.toThrow('ECONNREFUSED');
    await post('/accept');
    expect(codes(await say(inbox.smtpPort, dialogue('x')))).toContain('354');
    await post('/hole?forMs=60000');
    await post('/accept');
    expect(codes(await say(inbox.smtpPort, dialogue('x')))).toContain('354');
    expect((await post('/faults', 'not JSON')).status).toBe(400);
    for (const rule of [{ phase: 'never', action: { kind: 'cut' } }, { phase: 'dot', action: { kind: 'call' } }, { phase: 'dot' }]) {
      expect((await post('/faults', JSON.stringify(rule))).status).toBe(400);
    }
  });

  it('counts how often each Message-ID came', async () => {
    const inbox = await anInbox();
    for (const id of ['1', '2', '1']) await say(inbox.smtpPort, dialogue(`Message-ID: <${id}@weir.example>\r\n\r\nx`));
    const counts = async (query: string): Promise<unknown> => (await fetch(`${inbox.httpUrl}/message-ids${query}`)).json();
    expect(await counts('')).toEqual({ '<1@weir.example>': 2, '<2@weir.example>': 1 });
    expect(await counts('?min=2')).toEqual({ '<1@weir.example>': 2 });
  });
});

describe('the inbox as a program', () => {
  it('says where it listens, takes mails, and ends when it is told', async () => {
    const inbox = spawn(process.execPath, ['simulators/inbox.ts', '--smtp-port', '0', '--http-port', '0'], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    closings.push(() => Promise.resolve(inbox.kill('SIGKILL')));
    const [line] = (await once(inbox.stdout, 'data')) as [Buffer];
    const { smtpUrl, httpUrl } = JSON.parse(line.toString()) as { smtpUrl: string; httpUrl: string };
    await say(Number(new URL(smtpUrl).port), dialogue('Subject: hello\r\n\r\nbody'));
    expect(await (await fetch(`${httpUrl}/count`)).json()).toEqual({ count: 1 });
    inbox.kill('SIGTERM');
    expect(await once(inbox, 'exit')).toEqual([0, null]);
  });
});
