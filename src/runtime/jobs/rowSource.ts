import { Observable, type Subscriber } from 'rxjs';
import type { Room, Source } from '../../connectors/source.ts';
import { WeirError } from '../../errors.ts';
import type { Delivery } from '../../message/message.ts';
import type { Run } from '../../message/run.ts';
import type { JobPartition, RowReader } from './job.ts';

/** What a row source tells about its rows: settling, putting aside, counting are the business of whoever holds the partition. */
export interface RowKeeper extends Pick<Source, 'settle' | 'deadLetter'> {
  /** A row is about to be emitted; `isAgain`: it was written before, and perhaps not published. */
  read(position: string, isAgain: boolean): void;
}

export interface RowSourceSpec<V> {
  readonly partition: string;
  /** The token of the claim. */
  readonly epoch: number;
  readonly reader: RowReader<V>;
  /** Up to where rows are written, and up to where they also left the chain. */
  readonly from: Pick<JobPartition<unknown>, 'checkpoint' | 'published'>;
  readonly keeper: RowKeeper;
  /** Rows read at a time; at most half of the window, so that the next page is read while this one is written. */
  readonly pageSize: number;
}

/** A source of a partition's rows. */
export interface RowSource<V> extends Source<V> {
  /** True once a page was empty: the partition has no more rows. */
  isExhausted(): boolean;
}

const noHeaders: ReadonlyMap<string, string> = new Map();

/**
 * Reads a partition page by page in ascending order of position, each as soon as there is room for a whole one, so pages stay
 * large and the next is read while this one is worked on. Memory: the window.
 */
export function rowSource<V>(spec: RowSourceSpec<V>): RowSource<V> {
  let isExhausted = false;
  return {
    isExhausted: () => isExhausted,
    messages: (run, room) =>
      new Observable((subscriber) => {
        const pages = new Pages(spec, run, room, subscriber);
        pages.read().then(
          (isEnd) => {
            isExhausted = isEnd;
            subscriber.complete();
          },
          (error: unknown) => subscriber.error(error),
        );
        return () => pages.stop();
      }),
    settle: (settled) => spec.keeper.settle(settled),
    deadLetter: (letter) => spec.keeper.deadLetter(letter),
    close: () => Promise.resolve(),
  };
}

type PageOf<V> = (after: string | undefined, limit: number) => Promise<readonly V[]>;

class Pages<V> {
  readonly #spec: RowSourceSpec<V>;
  readonly #run: Run;
  readonly #room: Room;
  readonly #subscriber: Subscriber<Delivery<V>>;
  readonly #stopping = new AbortController();
  readonly #signal: AbortSignal;

  constructor(spec: RowSourceSpec<V>, run: Run, room: Room, subscriber: Subscriber<Delivery<V>>) {
    this.#spec = spec;
    this.#run = run;
    this.#room = room;
    this.#subscriber = subscriber;
    this.#signal = AbortSignal.any([this.#stopping.signal, run.draining, run.signal]);
  }

  stop(): void {
    this.#stopping.abort(new WeirError('cancelled', 'the reader was unsubscribed'));
  }

  /** Reads until the end (true) or until it is stopped (false): first what may not have been published, then what comes after. */
  async read(): Promise<boolean> {
    const { reader, from } = this.#spec;
    const { checkpoint, published } = from;
    if (checkpoint !== undefined && published !== checkpoint && reader.again !== undefined) {
      const again = (after: string | undefined, limit: number) => reader.again?.(after, checkpoint, limit) ?? Promise.resolve([]);
      if (!(await this.#readPages(published, again, true))) return false;
    }
    return this.#readPages(checkpoint, (after, limit) => reader.page(after, limit, this.#signal), false);
  }

  async #readPages(start: string | undefined, pageOf: PageOf<V>, isAgain: boolean): Promise<boolean> {
    const { partition, reader, pageSize } = this.#spec;
    let after = start;
    while (await this.#reserve(pageSize)) {
      const page = pageOf(after, pageSize);
      this.#run.track(page);
      const rows = await page;
      if (this.#signal.aborted) {
        this.#room.giveBack(pageSize, partition);
        return false;
      }
      if (rows.length > pageSize)
        throw new WeirError('defect', `A page of ${rows.length} rows came where at most ${pageSize} were asked for.`);
      this.#room.giveBack(pageSize - rows.length, partition);
      const last = rows.at(-1);
      if (last === undefined) return true;
      after = reader.positionOf(last);
      for (const row of rows) this.#emit(row, isAgain);
    }
    return false;
  }

  #emit(row: V, isAgain: boolean): void {
    const { partition, epoch, reader, keeper } = this.#spec;
    const position = reader.positionOf(row);
    keeper.read(position, isAgain);
    this.#subscriber.next({ key: position, headers: noHeaders, partition, epoch, position, attempt: 1, value: row });
  }

  /** Reserves exactly `count`; false when it was stopped before. */
  async #reserve(count: number): Promise<boolean> {
    const { partition } = this.#spec;
    let reserved = 0;
    while (reserved < count) {
      try {
        reserved += await this.#room.take(count - reserved, partition, this.#signal);
      } catch (error) {
        this.#room.giveBack(reserved, partition);
        if (this.#signal.aborted) return false;
        throw error;
      }
    }
    return true;
  }
}
