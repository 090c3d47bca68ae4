import { connect, createServer, type AddressInfo, type Server, type Socket } from 'node:net';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { TcpProxy } from './tcpProxy.ts';
import { until } from './until.ts';

/** Answers every chunk with the same in capitals. */
let server: Server;
let proxy: TcpProxy;
let received: string;
const clients: Client[] = [];

interface Client {
  readonly socket: Socket;
  heard: string;
  isClosed: boolean;
}

beforeEach(async () => {
  received = '';
  server = createServer((socket) => {
    socket.on('error', () => undefined);
    socket.on('data', (chunk) => {
      received += chunk.toString();
      socket.write(chunk.toString().toUpperCase());
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  proxy = await TcpProxy.start({ port: (server.address() as AddressInfo).port });
});

afterEach(async () => {
  for (const { socket } of clients.splice(0)) socket.destroy();
  await proxy.close();
  await new Promise((resolve) => server.close(resolve));
});

function aClient(): Client {
  const client: Client = { socket: connect(proxy.port, '127.0.0.1'), heard: '', isClosed: false };
  client.socket.on('data', (chunk) => (client.heard += chunk.toString()));
  client.socket.on('error', () => undefined);
  client.socket.on('close', () => (client.isClosed = true));
  clients.push(client);
  return client;
}

async function ask(client: Client, text: string): Promise<void> {
  const expected = client.heard + text.toUpperCase();
  client.socket.write(text);
  await until(`${text} is answered`, () => client.heard === expected);
}

test('it forwards both ways', async () => {
  await ask(aClient(), 'one');
});

test('a hole swallows on open and on new connections, and keeps them open', async () => {
  const old = aClient();
  await ask(old, 'one');
  proxy.hole();
  const fresh = aClient();
  old.socket.write('lost');
  fresh.socket.write('lost');
  await until('both are swallowed', () => proxy.swallowedBytes === 8);
  proxy.pass();
  await ask(old, 'two');
  expect(received).toBe('onetwo');
  expect([old.isClosed, fresh.isClosed]).toEqual([false, false]);
});

test('refuse resets new connections only', async () => {
  const old = aClient();
  await ask(old, 'one');
  proxy.refuse();
  const fresh = aClient();
  await until('the new one is reset', () => fresh.isClosed);
  await ask(old, 'two');
});

test('cut ends open connections and serves new ones', async () => {
  const old = aClient();
  await ask(old, 'one');
  proxy.cut();
  await until('it is cut', () => old.isClosed);
  await ask(aClient(), 'two');
});

test.each([
  ['cutBefore', 'one', true],
  ['cutAfter', 'onex commit x', true],
  ['holeAfter', 'onex commit x', false],
] as const)('%s: the server got %s', async (how, got, isClosed) => {
  const client = aClient();
  await ask(client, 'one');
  const struck = proxy.strike('commit', how);
  client.socket.write('x commit x');
  await struck;
  if (isClosed) await until('it is cut', () => client.isClosed);
  expect(received).toBe(got);
  expect(client.heard).toBe('ONE');
  expect(client.isClosed).toBe(isClosed);
  await ask(aClient(), 'commit');
});

test.each([
  ['pass', 'one'],
  ['cutBefore', 'one'],
  ['cutAfter', 'onecommit'],
] as const)('%s calls when the server has got %s and the client nothing', async (how, got) => {
  const client = aClient();
  await ask(client, 'one');
  let atTheCall = {};
  const struck = proxy.strike('commit', how, { call: () => (atTheCall = { received, heard: client.heard }) });
  client.socket.write('commit');
  await struck;
  expect(atTheCall).toEqual({ received: got, heard: 'ONE' });
  if (how === 'pass') await until('it is answered', () => client.heard === 'ONECOMMIT');
});

test('the nth request with the marker is struck, over all connections and each counted once', async () => {
  const [first, second] = [aClient(), aClient()];
  const struck = proxy.strike('commit', 'cutBefore', { nth: 4 });
  for (const client of [first, second, first]) await ask(client, 'x commit ');
  await ask(second, 'other ');
  second.socket.write('commit');
  await struck;
  await until('it is cut', () => second.isClosed);
  expect(first.isClosed).toBe(false);
});

test('a marker may be an expression, which sees each byte', async () => {
  const client = aClient();
  const struck = proxy.strike(/\0\xc3\xa9.commit/, 'cutBefore', { nth: 2 });
  for (const text of ['\0é\ncommit', '\0e.commit', 'commit']) await ask(client, text);
  client.socket.write('\0é.commit');
  await struck;
  await until('it is cut', () => client.isClosed);
});

test('strikeAll strikes every such request, on any connection, until it is ended', async () => {
  const end = proxy.strikeAll('commit', 'holeAfter');
  const [first, second] = [aClient(), aClient()];
  for (const client of [first, second]) client.socket.write('commit');
  await until('both are forwarded', () => received === 'commitcommit');
  await ask(aClient(), 'other');
  end();
  await ask(aClient(), 'commit');
  first.socket.write('more');
  await until('what a hole is asked is still forwarded', () => received.endsWith('more'));
  expect([first.heard, second.heard, first.isClosed]).toEqual(['', '', false]);
});

test('what is spared is not struck', async () => {
  void proxy.strike('commit', 'cutBefore');
  proxy.spare();
  await ask(aClient(), 'commit');
});

test('leadTo leads new connections to another server and leaves open ones', async () => {
  const other = createServer((socket) => {
    socket.on('error', () => undefined);
    socket.on('data', () => socket.write('other'));
  });
  await new Promise<void>((resolve) => other.listen(0, '127.0.0.1', resolve));
  const old = aClient();
  await ask(old, 'one');
  proxy.leadTo({ port: (other.address() as AddressInfo).port });
  const fresh = aClient();
  fresh.socket.write('x');
  await until('the other answers', () => fresh.heard === 'other');
  await ask(old, 'two');
  proxy.cut();
  await new Promise((resolve) => other.close(resolve));
});

test('a strike may plan the next one', async () => {
  const client = aClient();
  const calls: string[] = [];
  void proxy.strike('copy', 'pass', { call: () => void proxy.strike('commit', 'pass', { call: () => calls.push('commit') }) });
  for (const text of ['commit', 'copy', 'commit', 'commit']) await ask(client, text);
  expect(calls).toEqual(['commit']);
});

test('a marker that is split over two chunks is seen', async () => {
  const client = aClient();
  const struck = proxy.strike('commit', 'cutBefore');
  await ask(client, 'com');
  client.socket.write('mit');
  await struck;
  expect(received).toBe('com');
});

test('cutAfterBytes forwards exactly so many from the server', async () => {
  const client = aClient();
  const spent = proxy.cutAfterBytes(7);
  await ask(client, 'four');
  client.socket.write('five5');
  await spent;
  await until('it is cut', () => client.isClosed);
  expect(client.heard).toBe('FOURFIV');
  await ask(aClient(), 'served');
});
