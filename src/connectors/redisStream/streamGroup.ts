import { isReply, translateError } from '../redis/translateError.ts';
import type { Connection } from '../redis/connection.ts';
import type { Entry } from './entry.ts';
import { pairs } from './pairs.ts';
import { runScript, type Script } from '../redis/script.ts';
import * as scripts from './scripts.ts';
import { countUndelivered } from './undelivered.ts';

/** An entry that was delivered and not acknowledged. */
export interface Pending {
  readonly id: string;
  /** Deliveries so far. */
  readonly deliveries: number;
}

/** What a search for abandoned entries found. Claiming does not count as a delivery. */
export interface Claimed {
  /** Where the next search goes on; `0-0` at the end. */
  readonly cursor: string;
  readonly ids: readonly string[];
  /** Entries that were trimmed away while they were pending; Redis has forgotten them now. */
  readonly trimmedIds: readonly string[];
}

/** What came of delivering entries again. */
export interface Redelivered {
  readonly entries: readonly Entry[];
  /** Entries that were trimmed away while they were pending; Redis has forgotten them now. */
  readonly trimmedCount: number;
}

/** What the script answers: entries or ids, the ids that others own, and how many the consumer owned. */
type OwnedReply = readonly [readonly unknown[], readonly unknown[], number];

/** Ids of one XACK at most, and of one script that asks for each who owns it: what Redis does in a millisecond or two. */
const idsPerCommand = 500;
const idsPerScript = 150;

/** Ids of one XAUTOCLAIM at most. Of those that are not idle Redis looks at ten times as many: 150 take it 2 ms, 500 take 4. */
const idsPerClaim = 150;

/** The commands on one stream for one group, except reading: that has connections of its own. Errors are `WeirError`s. */
export class StreamGroup {
  readonly stream: string;
  readonly group: string;
  readonly #commands: Connection;

  constructor(stream: string, group: string, commands: Connection) {
    this.stream = stream;
    this.group = group;
    this.#commands = commands;
  }

  /** Makes the stream and the group where they are missing; a new group reads from the beginning. Answers whether it was missing. */
  async create(): Promise<boolean> {
    try {
      await this.#call('XGROUP', 'CREATE', this.stream, this.group, '0', 'MKSTREAM');
      return true;
    } catch (error) {
      if (!isReply(error, 'BUSYGROUP')) throw error;
      return false;
    }
  }

  /** Acknowledges entries, whoever owns them. Those that are not pending are ignored. */
  async acknowledge(ids: readonly string[]): Promise<void> {
    await Promise.all(chunksOf(ids, idsPerCommand).map((chunk) => this.#call('XACK', this.stream, this.group, ...chunk)));
  }

  /** Up to `count` pending entries of a consumer, by id, above `afterId` (from the lowest without it). Counts nothing. */
  async pendingOf(consumer: string, afterId: string | undefined, count: number): Promise<readonly Pending[]> {
    const from = afterId === undefined ? '-' : `(${afterId}`;
    const rows = (await this.#call('XPENDING', this.stream, this.group, from, '+', count, consumer)) as readonly (readonly unknown[])[];
    return rows.map((row) => ({ id: String(row[0]), deliveries: Number(row[3]) }));
  }

  /** Entries of the group that are delivered and not acknowledged, of all consumers. */
  async pendingCount(): Promise<number> {
    const summary = (await this.#call('XPENDING', this.stream, this.group)) as readonly unknown[];
    return Number(summary[0]);
  }

  /** Delivers pending entries of a consumer again. Those that another consumer owns by now are left to it. */
  async redeliver(consumer: string, ids: readonly string[]): Promise<Redelivered> {
    const replies = await Promise.all(chunksOf(ids, idsPerScript).map((chunk) => this.#claimOwned(consumer, 'ENTRY', chunk)));
    const entries = replies.flatMap(([some]) => some as readonly Entry[]);
    const owned = replies.reduce((sum, [, , count]) => sum + count, 0);
    return { entries, trimmedCount: owned - entries.length };
  }

  /** Resets the idle time of a consumer's entries without counting a delivery. Answers the ids that another consumer owns. */
  async renew(consumer: string, ids: readonly string[]): Promise<readonly string[]> {
    const replies = await Promise.all(chunksOf(ids, idsPerScript).map((chunk) => this.#claimOwned(consumer, 'JUSTID', chunk)));
    return replies.flatMap(([, others]) => others.map(String));
  }

  /** Makes `consumer` the owner of up to `count` entries that nobody renewed for `idleMs`; of fewer where so many would hold Redis up. */
  async claimIdle(consumer: string, idleMs: number, cursor: string, count: number): Promise<Claimed> {
    const most = Math.min(count, idsPerClaim);
    const reply = await this.#call('XAUTOCLAIM', this.stream, this.group, consumer, idleMs, cursor, 'COUNT', most, 'JUSTID');
    const [next, ids, trimmedIds] = reply as readonly [unknown, readonly unknown[], readonly unknown[] | undefined];
    return { cursor: String(next), ids: ids.map(String), trimmedIds: (trimmedIds ?? []).map(String) };
  }

  /** Trims what every group of the stream has acknowledged and is older than `retainMs`: up to `limit` entries. */
  async trim(retainMs: number, limit: number): Promise<number> {
    return Number(await this.#run(scripts.trim, String(retainMs), String(limit)));
  }

  /** Entries that were trimmed away before the group had read them, since this was last asked by any process. */
  async lostUnread(): Promise<number> {
    return Number(await this.#run(scripts.countLost, this.group));
  }

  /** Removes a consumer if it owns nothing and was not used for `idleMs`. */
  async removeConsumer(consumer: string, idleMs: number): Promise<void> {
    await this.#run(scripts.removeConsumer, this.group, consumer, String(idleMs));
  }

  /** Consumers of the group that own nothing and were not used for `idleMs`. */
  async staleConsumers(idleMs: number): Promise<readonly string[]> {
    const rows = (await this.#call('XINFO', 'CONSUMERS', this.stream, this.group)) as readonly (readonly unknown[])[];
    const consumers = rows.map(pairs).filter((row) => row.get('pending') === 0 && Number(row.get('idle')) >= idleMs);
    return consumers.map((row) => String(row.get('name')));
  }

  /** Entries that were never delivered; undefined where Redis has lost count of so many that counting them would cost too much. */
  undelivered(): Promise<number | undefined> {
    return countUndelivered(this.group, (script, ...args) => this.#run(script, ...args));
  }

  /**
   * When the oldest entry was written that the group has not acknowledged; undefined when there is none. Makes neither stream nor
   * group: a group that is missing has acknowledged nothing.
   */
  async oldestUnsettledAt(): Promise<Date | undefined> {
    const ids = (await this.#run(scripts.oldestUnsettled, this.group)) as readonly Buffer[];
    return ids.length === 0 ? undefined : new Date(Math.min(...ids.map((id) => Number.parseInt(id.toString(), 10))));
  }

  async #claimOwned(consumer: string, how: 'ENTRY' | 'JUSTID', ids: readonly string[]): Promise<OwnedReply> {
    return (await this.#run(scripts.claimOwned, this.group, consumer, how, ...ids)) as OwnedReply;
  }

  #call(command: string, ...args: (string | number)[]): Promise<unknown> {
    return this.#withGroup(() => this.#commands.use((client) => client.callBuffer(command, ...args)));
  }

  #run(script: Script, ...args: string[]): Promise<unknown> {
    return this.#withGroup(() => this.#commands.use((client) => runScript(client, script, [this.stream], args)));
  }

  /** A group that is gone (the server lost its data) is made again, from the beginning, and the command repeated once. */
  async #withGroup(work: () => Promise<unknown>): Promise<unknown> {
    try {
      return await work();
    } catch (error) {
      if (!isReply(error, 'NOGROUP')) throw translateError(error);
      await this.create();
      return work();
    }
  }
}

function chunksOf(ids: readonly string[], size: number): readonly (readonly string[])[] {
  const chunks: (readonly string[])[] = [];
  for (let from = 0; from < ids.length; from += size) chunks.push(ids.slice(from, from + size));
  return chunks;
}
