import type { Script } from '../redis/script.ts';
import { countPage, restoreCount, standing } from './scripts.ts';

/** Entries of one command: what Redis counts in about a millisecond. */
const pageSize = 500;

/** Pages at most on either side of where the group stands: a tenth of a second of Redis, in small steps. */
const maxPages = 50;

/** Runs a script on the stream of a group. */
export type RunScript = (script: Script, ...args: string[]) => Promise<unknown>;

type Standing = readonly [undelivered: number, delivered: Buffer, last: Buffer, length: number, added: number];

/**
 * Entries of a stream that were never delivered to a group; undefined where that cannot be found out cheaply.
 *
 * Redis keeps count, but not over a restart, nor past entries that were deleted in the middle. Then the entries behind the last
 * delivered one are counted, and those up to it, page by page in turn; whichever side ends first tells, and where it is the former
 * Redis is told, so that it keeps count again. What both sides have too many of stays unknown until the group has read on: the
 * length of the stream, which holds acknowledged entries too, would look like a backlog of days.
 */
export async function countUndelivered(group: string, run: RunScript): Promise<number | undefined> {
  const [known, delivered, last, length, added] = (await run(standing, group)) as Standing;
  if (known >= 0) return known;
  const behind = new Side(run, 'XRANGE', `(${delivered.toString()}`, last.toString());
  const before = new Side(run, 'XREVRANGE', delivered.toString(), '-');
  for (let page = 0; page < maxPages; page += 1) {
    if (await behind.count()) {
      await run(restoreCount, group, delivered.toString(), String(added - behind.counted), String(pageSize));
      return behind.counted;
    }
    if (await before.count()) return Math.max(0, length - before.counted);
  }
  return undefined;
}

/** The entries between two ids, counted page by page. */
class Side {
  readonly #run: RunScript;
  readonly #command: 'XRANGE' | 'XREVRANGE';
  readonly #to: string;
  #from: string;
  counted = 0;

  constructor(run: RunScript, command: 'XRANGE' | 'XREVRANGE', from: string, to: string) {
    this.#run = run;
    this.#command = command;
    this.#from = from;
    this.#to = to;
  }

  /** Counts one page more; true at the end. */
  async count(): Promise<boolean> {
    const page = await this.#run(countPage, this.#command, this.#from, this.#to, String(pageSize));
    const [count, lastId] = page as readonly [number, Buffer];
    this.counted += count;
    this.#from = `(${lastId.toString()}`;
    return count < pageSize;
  }
}
