import { Redis } from 'ioredis';

/** Connections of a pool. */
const poolSize = 4;

/** Who uses which connection. */
export interface Connections {
  /** What the reader with this number reads on. */
  readonly reader: (index: number) => Redis;
  /** What the next acknowledgement, or any other command, goes out on. */
  readonly command: () => Redis;
  readonly close: () => void;
}

/** A way to divide connections among readers and commands. */
export interface Arrangement {
  readonly name: string;
  /** Whether reads block; else they poll. */
  readonly isBlocking: boolean;
  readonly open: (url: string, readers: number) => Connections;
}

function connected(url: string): Redis {
  return new Redis(url, { protocol: 2, retryStrategy: () => null });
}

function disconnect(clients: readonly Redis[]): void {
  for (const client of clients) client.disconnect();
}

function oneForAll(url: string): Connections {
  const client = connected(url);
  return { reader: () => client, command: () => client, close: () => client.disconnect() };
}

/** Each command, a read too, goes out on the next connection of the pool. */
function pool(url: string): Connections {
  const clients = Array.from({ length: poolSize }, () => connected(url));
  let turn = 0;
  const next = (): Redis => clients[(turn += 1) % poolSize] as Redis;
  return { reader: next, command: next, close: () => disconnect(clients) };
}

function oneEach(url: string, readers: number): Connections {
  const [commands, ...clients] = Array.from({ length: readers + 1 }, () => connected(url)) as [Redis, ...Redis[]];
  const close = (): void => disconnect([commands, ...clients]);
  return { reader: (index) => clients[index] as Redis, command: () => commands, close };
}

/** What is compared. Polling on one connection is the fair form of sharing one: nobody would let reads block there. */
export const arrangements: readonly Arrangement[] = [
  { name: 'one for all, blocking', isBlocking: true, open: oneForAll },
  { name: 'one for all, polling', isBlocking: false, open: oneForAll },
  { name: `a pool of ${poolSize}, blocking`, isBlocking: true, open: pool },
  { name: 'one each, blocking', isBlocking: true, open: oneEach },
];
