import type { Redis } from 'ioredis';
import { WeirError } from '../../errors.ts';
import { pause } from '../../message/pause.ts';
import type { Connection } from '../redis/connection.ts';
import type { Entry } from './entry.ts';
import type { Reading } from './reading.ts';
import { isLost, isReply } from '../redis/translateError.ts';

/** How much later than asked a blocking read may answer, in milliseconds, before its connection counts as dead. */
const graceMs = 2_000;

/** Waits between reads that do not block: from the first empty one to the last, in milliseconds. */
const firstPollMs = 5;
const lastPollMs = 1_000;

/** Time between two tries to wake a blocked read, in milliseconds: the first may come before Redis has begun to block. */
const unblockMs = 20;

/** Reads new entries for one consumer, blocking on a connection of its own, or polling where this Redis does not answer that. */
export class StreamRead {
  readonly #reading: Reading;
  readonly #consumer: string;
  readonly #blocking: Connection;
  #client: Redis | undefined;
  #clientId: number | undefined;
  #isBlocked = false;
  /** Blocking reads in a row whose connection was lost. */
  #lost = 0;
  #pollMs = firstPollMs;

  constructor(reading: Reading, consumer: string, blocking: Connection) {
    this.#reading = reading;
    this.#consumer = consumer;
    this.#blocking = blocking;
  }

  /** Up to `count` new entries; none when there were none for the block time, or for `atMostMs` where that is shorter. */
  async entries(count: number, atMostMs: number): Promise<readonly Entry[]> {
    const { probe, settings, stopped } = this.#reading;
    await probe.refresh();
    if (!probe.isPolling) return this.#block(count, Math.max(1, Math.min(settings.blockMs, Math.ceil(atMostMs))));
    const entries = await this.#ask(count, []);
    if (entries.length > 0) this.#pollMs = firstPollMs;
    else {
      await pause(settings.clock, Math.min(this.#pollMs, atMostMs), stopped);
      this.#pollMs = Math.min(lastPollMs, this.#pollMs * 2);
    }
    return entries;
  }

  /**
   * Ends a read that is blocked, at once: asks Redis to answer it now, so that no entry is read and lost on the way; gives the
   * connection up when Redis does not do so.
   */
  async end(): Promise<void> {
    const { commands, settings } = this.#reading;
    while (this.#isBlocked) {
      const id = this.#clientId;
      try {
        if (id !== undefined) await commands.use((client) => client.client('UNBLOCK', id));
        await pause(settings.clock, unblockMs);
      } catch {
        this.#blocking.drop();
        return;
      }
    }
  }

  async #block(count: number, blockMs: number): Promise<readonly Entry[]> {
    const { probe, stopped } = this.#reading;
    if (stopped.aborted) return [];
    this.#isBlocked = true;
    try {
      const entries = await this.#ask(count, ['BLOCK', blockMs], blockMs + graceMs);
      this.#lost = 0;
      return entries;
    } catch (error) {
      this.#lost = isLost(error) ? this.#lost + 1 : 0;
      if (this.#lost > 1 || (error instanceof WeirError && error.code === 'timedOut')) await probe.check();
      throw error;
    } finally {
      this.#isBlocked = false;
    }
  }

  async #ask(count: number, block: readonly (string | number)[], timeLimitMs?: number): Promise<readonly Entry[]> {
    const { group } = this.#reading;
    const from = ['STREAMS', group.stream, '>'];
    try {
      const reply = await this.#blocking.use(async (client) => {
        if (client !== this.#client) await this.#meet(client);
        return client.callBuffer('XREADGROUP', 'GROUP', group.group, this.#consumer, 'COUNT', count, ...block, ...from);
      }, timeLimitMs);
      return (reply as readonly [unknown, readonly Entry[]][] | null)?.[0]?.[1] ?? [];
    } catch (error) {
      // The server lost its data, or the stream was deleted while the read was blocked.
      if (!isReply(error, 'NOGROUP') && !isReply(error, 'UNBLOCKED')) throw error;
      // Nobody knows what else was in it: it counts as one.
      if (await group.create()) this.#reading.trimmed(1);
      return [];
    }
  }

  async #meet(client: Redis): Promise<void> {
    this.#clientId = undefined;
    this.#client = client;
    this.#clientId = await client.client('ID');
  }
}
