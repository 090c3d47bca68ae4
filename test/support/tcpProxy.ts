import { connect, createServer, type AddressInfo, type Server, type Socket } from 'node:net';

/**
 * What happens to a connection when the client has sent a marked request.
 *
 * - `pass`: nothing; it is only told.
 * - `cutBefore`: the request is not forwarded, the connection is cut: it did not happen, and the client cannot know.
 * - `cutAfter`: it is forwarded; the answer is dropped and the connection cut: it did happen, and the client cannot know.
 * - `holeAfter`: it is forwarded; the answer and all that follows are swallowed, the connection stays open.
 */
export type Strike = 'pass' | 'cutBefore' | 'cutAfter' | 'holeAfter';

/** When a strike happens, and what else does. */
export interface StrikeOptions {
  /** Which of the requests that contain the marker is struck, over all connections; from 1, the default. */
  readonly nth?: number;
  /**
   * Called at that moment: before the request is forwarded (`pass`, `cutBefore`), or when its answer is here and before anything
   * of it is forwarded (`cutAfter`, `holeAfter`).
   */
  readonly call?: () => void;
}

type Mode = 'pass' | 'hole' | 'refuse';

/** A server: a port of 127.0.0.1, unless a host is named. */
export interface Target {
  readonly port: number;
  readonly host?: string;
}

/**
 * A TCP proxy that can be told to fail: connect clients to `port` instead of to the server. Modes hold for open connections and
 * for new ones alike, until the next call.
 */
export class TcpProxy {
  readonly port: number;
  readonly #server: Server;
  readonly #links: Set<Link>;
  readonly #state: State;

  private constructor(server: Server, links: Set<Link>, state: State) {
    this.#server = server;
    this.#links = links;
    this.#state = state;
    this.port = (server.address() as AddressInfo).port;
  }

  /** Starts a proxy on a free port of 127.0.0.1. */
  static async start(target: Target): Promise<TcpProxy> {
    const links = new Set<Link>();
    const state: State = { mode: 'pass', target, strikes: [], swallowedBytes: 0 };
    const server = createServer((client) => {
      if (state.mode === 'refuse') {
        client.resetAndDestroy();
        return;
      }
      const { port, host = '127.0.0.1' } = state.target;
      links.add(new Link(client, connect(port, host), state, (link) => links.delete(link)));
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    return new TcpProxy(server, links, state);
  }

  /** Connections that are open. */
  get connections(): number {
    return this.#links.size;
  }

  /** What a hole has swallowed of clients' requests. */
  get swallowedBytes(): number {
    return this.#state.swallowedBytes;
  }

  /** Forwards everything: how it starts. What a hole swallowed is not given back. */
  pass(): void {
    this.#state.mode = 'pass';
  }

  /** Swallows everything in both directions: connections stay open, new ones are accepted, nobody answers. */
  hole(): void {
    this.#state.mode = 'hole';
  }

  /** Resets every new connection; open ones go on. */
  refuse(): void {
    this.#state.mode = 'refuse';
  }

  /** Leads new connections to another server, as an address does after a failover; open ones stay where they are. */
  leadTo(target: Target): void {
    this.#state.target = target;
  }

  /** Cuts the open connections; new ones are served. */
  cut(): void {
    for (const link of this.#links) link.cut();
  }

  /**
   * Waits for a request whose bytes contain `marker` (64 bytes at most where it may be split over two packets), on any connection,
   * and strikes that connection once. Resolves when it has struck. An expression sees each byte as the character of its number. Not
   * seen through TLS; requests that share a packet count as one.
   */
  strike(marker: string | RegExp, how: Strike, { nth = 1, call }: StrikeOptions = {}): Promise<void> {
    return new Promise((resolve) => {
      const struck = (): void => {
        call?.();
        resolve();
      };
      this.#state.strikes.push({ endIn: finderOf(marker), how, left: nth, struck });
    });
  }

  /** Strikes every request that contains `marker`, as `strike` does once, until the returned function is called. */
  strikeAll(marker: string | RegExp, how: Strike): () => void {
    const { strikes } = this.#state;
    const planned = { endIn: finderOf(marker), how, left: 1, isLasting: true, struck: () => undefined };
    strikes.push(planned);
    return () => {
      if (strikes.includes(planned)) strikes.splice(strikes.indexOf(planned), 1);
    };
  }

  /** Forgets the strikes that are still to come. */
  spare(): void {
    this.#state.strikes.length = 0;
  }

  /** Forwards `sizeBytes` more from the server, then cuts the connection that got the last of them. Resolves when it has. */
  cutAfterBytes(sizeBytes: number): Promise<void> {
    return new Promise((resolve) => (this.#state.allowance = { sizeBytes, spent: resolve }));
  }

  /** Cuts everything and stops listening. */
  async close(): Promise<void> {
    this.cut();
    await new Promise((resolve) => this.#server.close(resolve));
  }
}

interface PlannedStrike {
  /** Where the last marker among these bytes ends; 0 where there is none. */
  readonly endIn: (bytes: Buffer) => number;
  readonly how: Strike;
  /** Requests with the marker until it strikes. */
  left: number;
  /** Whether it strikes again and again from then on. */
  readonly isLasting?: boolean;
  readonly struck: () => void;
}

function finderOf(marker: string | RegExp): PlannedStrike['endIn'] {
  if (typeof marker === 'string') {
    const bytes = Buffer.from(marker);
    return (seen) => (seen.includes(bytes) ? seen.lastIndexOf(bytes) + bytes.length : 0);
  }
  const everywhere = new RegExp(marker, 'gs');
  return (seen) => [...seen.toString('latin1').matchAll(everywhere)].reduce((_, { index, 0: found }) => index + found.length, 0);
}

interface State {
  mode: Mode;
  target: Target;
  swallowedBytes: number;
  readonly strikes: PlannedStrike[];
  allowance?: { sizeBytes: number; readonly spent: () => void } | undefined;
}

/** One connection through the proxy. */
class Link {
  readonly #client: Socket;
  readonly #server: Socket;
  readonly #state: State;
  #onAnswer: (() => void) | undefined;
  /** The end of what was sent before: a marker may be split over two chunks. */
  #tail = Buffer.alloc(0);

  constructor(client: Socket, server: Socket, state: State, closed: (link: Link) => void) {
    this.#client = client;
    this.#server = server;
    this.#state = state;
    for (const socket of [client, server]) {
      socket.setNoDelay(true);
      socket.on('error', () => this.cut());
      socket.on('close', () => {
        this.cut();
        closed(this);
      });
    }
    client.on('data', (chunk) => this.#request(chunk));
    server.on('data', (chunk) => this.#answer(chunk));
  }

  cut(): void {
    this.#client.destroy();
    this.#server.destroy();
  }

  #request(chunk: Buffer): void {
    if (this.#state.mode === 'hole') {
      this.#state.swallowedBytes += chunk.length;
      return;
    }
    const strike = this.#meet(chunk);
    if (strike) this.#strike(strike, chunk);
    else this.#server.write(chunk);
  }

  /** Counts the markers that are complete with this chunk, each once; answers the strike whose time has come. */
  #meet(chunk: Buffer): PlannedStrike | undefined {
    const { strikes } = this.#state;
    const seen = Buffer.concat([this.#tail, chunk]);
    const met = strikes.map((strike) => ({ strike, end: strike.endIn(seen) })).filter(({ end }) => end > 0);
    for (const { strike } of met) strike.left -= 1;
    const counted = Math.max(0, ...met.map(({ end }) => end));
    this.#tail = seen.subarray(Math.max(counted, seen.length - 64));
    const due = met.find(({ strike }) => strike.left <= 0)?.strike;
    if (due && due.isLasting !== true) strikes.splice(strikes.indexOf(due), 1);
    return due;
  }

  #strike({ how, struck }: PlannedStrike, chunk: Buffer): void {
    switch (how) {
      case 'pass':
        struck();
        this.#server.write(chunk);
        return;
      case 'cutBefore':
        struck();
        this.cut();
        return;
      case 'cutAfter':
      case 'holeAfter':
        this.#onAnswer = () => {
          this.#onAnswer = () => undefined;
          struck();
          if (how === 'cutAfter') this.cut();
        };
        this.#server.write(chunk);
    }
  }

  #answer(chunk: Buffer): void {
    if (this.#onAnswer) this.#onAnswer();
    else if (this.#state.mode === 'hole') return;
    else if (this.#state.allowance && this.#state.allowance.sizeBytes <= chunk.length) this.#spend(chunk, this.#state.allowance);
    else {
      if (this.#state.allowance) this.#state.allowance.sizeBytes -= chunk.length;
      this.#client.write(chunk);
    }
  }

  #spend(chunk: Buffer, { sizeBytes, spent }: NonNullable<State['allowance']>): void {
    this.#state.allowance = undefined;
    this.#onAnswer = () => undefined;
    this.#client.end(chunk.subarray(0, sizeBytes), () => {
      this.cut();
      spent();
    });
  }
}
