import type { Queryable } from '../../connectors/database.ts';
import type { DeadLetterReader } from '../../connectors/deadLetterReader.ts';
import type { KeptLetter } from '../../message/keptLetter.ts';
import { statesWithin, type LetterSpan, type LetterState } from './letterStates.ts';
import { isMeant, type Place, type PlaceFilter } from './selectLetters.ts';

/** Dead letters that were put aside in one place for one reason. */
export interface LetterGroup {
  readonly topic: string;
  readonly pipeline: string;
  readonly stage: string;
  readonly code: string;
  /** What a replay or discard acts on; those that a replay could not publish are among them. */
  readonly open: number;
  readonly replaying: number;
  readonly replayed: number;
  readonly discarded: number;
  /** When the first and the last of them were put aside. */
  readonly firstAt: string;
  readonly lastAt: string;
  /** The newest letter that was counted: up to it the same letters are counted again. */
  readonly upTo: string;
}

/** What is remembered of a letter: letters never change. */
interface Entry {
  readonly position: string;
  readonly place: KnownPlace;
  readonly diedAt: string;
}

interface KnownPlace extends Place {
  readonly key: string;
}
/** A group while it is counted. */
type Counting = { -readonly [field in keyof LetterGroup]: LetterGroup[field] };
type Counted = 'open' | 'replaying' | 'replayed' | 'discarded';

const countOf: Readonly<Record<LetterState, Counted | undefined>> = {
  ...{ OPEN: 'open', REFUSED: 'open', REPLAYING: 'replaying', REPLAYED: 'replayed', DISCARDED: 'discarded', GONE: undefined },
};

/** The letters that an index remembers. */
export interface RememberedLetters extends LetterSpan {
  /** Whatever became of them. */
  readonly count: number;
}

/** How much an index reads. */
export interface IndexBounds {
  /** Letters that are remembered: the oldest, some 30 MB. What lies behind them is counted once they are trimmed. */
  readonly mostLetters: number;
  /** What the letters of one read may have together, were each as large as the largest of the read before. */
  readonly readBytes: number;
}

const defaultBounds: IndexBounds = { mostLetters: 200_000, readBytes: 8 * 1024 * 1024 };

/** Letters of the first read, when nobody knows how large they are, and of one read at most. */
const firstLetters = 8;
const mostOfRead = 200;
const mostPlaces = 1_000;

/**
 * Counts the dead letters of a topic by where and why they were put aside. It reads each letter once, however often it is asked: what was
 * read is remembered, what the bus has trimmed is forgotten, and what it has lost at the end makes it read all anew. It counts the oldest
 * 200,000. Memory: position, time and place of each of them, and while it reads 200 whole letters, or fewer where they are large.
 */
export class LetterIndex {
  readonly #topic: string;
  readonly #reader: DeadLetterReader;
  readonly #places = new Map<string, KnownPlace>();
  readonly #bounds: IndexBounds;
  #entries: Entry[] = [];
  #pageSize = firstLetters;
  #reading: Promise<unknown> = Promise.resolve();
  /** The read that has not begun: whoever asks until then shares it. */
  #next: Promise<void> | undefined;

  constructor(topic: string, reader: DeadLetterReader, bounds: Partial<IndexBounds> = {}) {
    this.#topic = topic;
    this.#reader = reader;
    this.#bounds = { ...defaultBounds, ...bounds };
  }

  /** The groups, those with the most open ones first. */
  async groups(database: Queryable, filter: PlaceFilter = {}): Promise<readonly LetterGroup[]> {
    await this.#refresh();
    const entries = this.#entries.slice();
    const remembered = this.#span(entries);
    if (remembered === undefined) return [];
    const upTo = remembered.newest;
    const states = new Map<string, LetterState>();
    for await (const [position, state] of statesWithin(database, remembered)) states.set(position, state);
    const groups = new Map<string, Counting>();
    for (const { position, place, diedAt } of entries) {
      if (!isMeant(place, filter)) continue;
      const group = groups.get(place.key) ?? this.#emptyGroup(place, diedAt, upTo);
      groups.set(place.key, group);
      group.lastAt = diedAt;
      const name = countOf[states.get(position) ?? 'OPEN'];
      if (name !== undefined) group[name] += 1;
    }
    return [...groups.values()].sort((left, right) => right.open - left.open);
  }

  /** Reads what is new; answers which letters there are, whatever became of them; undefined where there are none. */
  async remembered(): Promise<RememberedLetters | undefined> {
    await this.#refresh();
    return this.#span(this.#entries);
  }

  #span(entries: readonly Entry[]): RememberedLetters | undefined {
    const [oldest, newest] = [entries[0], entries.at(-1)];
    if (oldest === undefined || newest === undefined) return undefined;
    return { topic: this.#topic, oldest: oldest.position, newest: newest.position, count: entries.length };
  }

  #emptyGroup({ pipeline, stage, code }: Place, diedAt: string, upTo: string): Counting {
    return {
      topic: this.#topic,
      pipeline,
      stage,
      code,
      open: 0,
      replaying: 0,
      replayed: 0,
      discarded: 0,
      firstAt: diedAt,
      lastAt: diedAt,
      upTo,
    };
  }

  /** One read after another, and what is new by then: of all who ask while another reads, none must read the same again. */
  async #refresh(): Promise<void> {
    this.#next ??= this.#reading.then(() => {
      this.#next = undefined;
      return this.#read();
    });
    this.#reading = this.#next.catch(() => undefined);
    await this.#next;
  }

  async #read(): Promise<void> {
    const { mostLetters } = this.#bounds;
    await this.#forgetTrimmed();
    await this.#forgetLost();
    while (this.#entries.length < mostLetters) {
      const limit = Math.min(this.#pageSize, mostLetters - this.#entries.length);
      const page = await this.#reader.page({ after: this.#entries.at(-1)?.position, limit });
      for (const letter of page) this.#entries.push({ position: letter.position, place: this.#placeOf(letter), diedAt: letter.diedAt });
      this.#pageSize = this.#sizeAfter(page);
      if (page.length < limit) return;
    }
  }

  /** Twice as many at once, as long as they are small. */
  #sizeAfter(page: readonly KeptLetter[]): number {
    const largest = Math.max(1, ...page.map(({ value }) => value.byteLength));
    return Math.max(1, Math.min(mostOfRead, 2 * this.#pageSize, Math.floor(this.#bounds.readBytes / largest)));
  }

  /** Where the oldest letter is none that is known, all is read anew: everything was trimmed, or the topic was made again. */
  async #forgetTrimmed(): Promise<void> {
    if (this.#entries.length === 0) return;
    const [oldest] = await this.#reader.page({ limit: 1 });
    const at = this.#entries.findIndex((entry) => isSame(entry, oldest));
    if (at !== 0) this.#entries = at < 0 ? [] : this.#entries.slice(at);
  }

  /** Where the newest that is known is there no more, all is read anew: a bus that failed over has lost it, and nobody tells how many. */
  async #forgetLost(): Promise<void> {
    const newest = this.#entries.at(-1);
    if (newest === undefined) return;
    const [letter] = await this.#reader.page({ after: this.#entries.at(-2)?.position, limit: 1 });
    if (!isSame(newest, letter)) this.#entries = [];
  }

  /** One object for each place, so that a letter costs no more than its position. Strangers may name any number of them. */
  #placeOf({ pipeline, stage, code }: KeptLetter): KnownPlace {
    const key = JSON.stringify([pipeline, stage, code]);
    const place = this.#places.get(key) ?? { key, pipeline, stage, code };
    if (this.#places.size >= mostPlaces) this.#places.clear();
    this.#places.set(key, place);
    return place;
  }
}

function isSame({ position, diedAt }: Entry, letter: KeptLetter | undefined): boolean {
  return position === letter?.position && diedAt === letter.diedAt;
}
