import { connect, type Socket } from 'node:net';
import { join } from 'node:path';
import { fastify, type FastifyInstance } from 'fastify';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { serveApi } from '../../src/console/serveApi.ts';
import { LiveServer } from '../../src/console/serveLive.ts';
import { Live } from '../../src/console/overview/live.ts';
import { virtualClock, type VirtualClock } from '../../src/runtime/virtualClock.ts';
import { temporaryFolder } from '../../stack/folders.ts';
import { silent } from '../support/aSpec.ts';
import { until } from '../support/until.ts';

const minute = 60_000;
const admittedAt = new Date('2026-11-01T00:00:00Z');

let clock: VirtualClock;
let live: LiveServer;
let server: FastifyInstance;
/** A unix socket: between its ends lie some 200 KB, as in a network. A port of this machine would hold megabytes. */
let path: string;
let asked: number;
let size: number;
/** When the session of whoever asks ends. */
let endsAt: Date | null;
/** What the server does before it lets a page in. */
let admit: () => Promise<undefined>;
const pages: Socket[] = [];
const uncaught: Error[] = [];
const note = (error: Error): void => void uncaught.push(error);

beforeEach(async () => {
  clock = virtualClock(admittedAt);
  [asked, size] = [0, 10];
  admit = () => Promise.resolve(undefined);
  const show = (): Promise<{ readonly text: string }> => {
    asked += 1;
    return Promise.resolve({ text: 'x'.repeat(size) });
  };
  live = new LiveServer(new Live({ show, clock, log: silent }), clock);
  server = fastify({ logger: false, forceCloseConnections: true });
  endsAt = new Date(admittedAt.getTime() + 30_000);
  serveApi(server, () => ({ live, admit: () => admit().then(() => ({ id: 1n, name: 'kim', role: 'viewer', endsAt })) }) as never);
  path = join(temporaryFolder('live'), 'socket');
  await server.listen({ path });
  uncaught.length = 0;
  process.on('uncaughtException', note);
});

afterEach(async () => {
  process.off('uncaughtException', note);
  for (const page of pages.splice(0)) page.destroy();
  await server.close();
});

/** A page that asks to be told; answers what it has read so far. */
function aPage(): { readonly socket: Socket; readonly read: () => string } {
  let text = '';
  const socket = connect(path).setEncoding('utf8');
  socket.on('data', (part: string) => (text += part)).on('error', () => undefined);
  pages.push(socket);
  socket.write('GET /api/live HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n');
  return { socket, read: () => text };
}

async function admitted(page: { readonly read: () => string }): Promise<void> {
  await until('it is told something', () => page.read().includes('overview'));
}

function connections(): Promise<number> {
  return new Promise((resolve) => server.server.getConnections((_error: Error | null, count: number) => resolve(count)));
}

/** Two seconds of the daemon, and what the sockets have to do after them. */
async function aLook(): Promise<void> {
  await clock.advance(2_000);
  for (let turn = 0; turn < 5; turn += 1) await new Promise((resolve) => setImmediate(resolve));
}

describe('a page that is told how things stand', () => {
  it('ends no daemon when it falls asleep, at whatever moment, and is cut off', async () => {
    [size, endsAt] = [16_000, null];
    const awake = Array.from({ length: 30 }, aPage);
    for (const page of awake) await admitted(page);
    for (let look = 0; look < 40; look += 1) {
      awake[look]?.socket.pause();
      await aLook();
    }
    expect(uncaught).toEqual([]);
    await until('none of them holds a connection', async () => (await connections()) === 0);
  });

  it('is forgotten when it went before it was let in', async () => {
    const gate = Promise.withResolvers<undefined>();
    let waiting = 0;
    admit = () => {
      waiting += 1;
      return gate.promise;
    };
    const leaving = Array.from({ length: 101 }, aPage);
    await until('all wait to be let in', () => waiting === leaving.length);
    for (const { socket } of leaving) socket.destroy();
    await until('all have gone', async () => (await connections()) === 0);
    gate.resolve(undefined);
    await aLook();
    const page = aPage();
    await admitted(page);
    page.socket.destroy();
    await until('nobody looks any more', async () => {
      const before = asked;
      await aLook();
      return asked === before;
    });
  });

  it('is refused where a hundred listen, until one of them has gone', async () => {
    const listening = Array.from({ length: 100 }, aPage);
    for (const page of listening) await admitted(page);
    const refused = aPage();
    await until('it has an answer', () => refused.read().includes('100 pages listen already'));
    expect(refused.read()).toMatch(/^HTTP\/1\.1 503 /);
    listening[0]?.socket.destroy();
    await until('there is room', async () => {
      const next = aPage();
      await until('it has an answer', () => /^HTTP\/1\.1 (200|503) /.test(next.read()));
      return next.read().startsWith('HTTP/1.1 200');
    });
  });

  it('is told nothing past the end of its session, nor for more than a minute', async () => {
    const page = aPage();
    await admitted(page);
    const ended = new Promise((resolve) => page.socket.once('end', resolve).once('close', resolve));
    await clock.advance(30_000);
    await until('its stream has ended', () => page.read().endsWith('0\r\n\r\n'));
    page.socket.destroy();
    await ended;
    expect(clock.now().getTime() - admittedAt.getTime()).toBeLessThan(minute);
  });
});
