import type { Queryable } from '../../connectors/database.ts';
import type { DeadLetterReader } from '../../connectors/deadLetterReader.ts';
import type { KeptLetter } from '../../message/keptLetter.ts';
import type { LetterState } from './letterStates.ts';
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

/** Letters of one read. */
const pageSize = 1_000;

/** Letters of a topic that are remembered: the oldest, some 30 MB. What lies behind them is counted once they are trimmed. */
const mostLetters = 200_000;
const mostPlaces = 1_000;

/**
 * Counts the dead letters of a topic by where and why they were put aside. It reads each letter once, however often it is asked: what was
 * read is remembered, what the bus has trimmed is forgotten. It counts the oldest 200,000. Memory: position, time and place of each of them.
 */
export class LetterIndex {
  readonly #topic: string;
  readonly #reader: DeadLetterReader;
  readonly #places = new Map<string, KnownPlace>();
  #entries: Entry[] = [];
  #reading: Promise<unknown> = Promise.resolve();

  constructor(topic: string, reader: DeadLetterReader) {
    this.#topic = topic;
    this.#reader = reader;
  }

  /** The groups, those with the most open ones first. */
  async groups(database: Queryable, filter: PlaceFilter = {}): Promise<readonly LetterGroup[]> {
    await this.#refresh();
    const entries = this.#entries;
    const upTo = entries.at(-1)?.position;
    if (upTo === undefined) return [];
    const states = await this.#states(database);
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

  /** Reads what is new; answers how many letters there are, whatever became of them. */
  async count(): Promise<number> {
    await this.#refresh();
    return this.#entries.length;
  }

  /** How many of those that were read wait for a person, by the positions of all that do not. */
  countOpen(ended: ReadonlySet<string>): number {
    return ended.size === 0 ? this.#entries.length : this.#entries.filter(({ position }) => !ended.has(position)).length;
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

  /** One after another, each what is new by then: who asks while another reads must not read the same again. */
  async #refresh(): Promise<void> {
    const reading = this.#reading.then(() => this.#read());
    this.#reading = reading.catch(() => undefined);
    await reading;
  }

  async #read(): Promise<void> {
    await this.#forgetTrimmed();
    while (this.#entries.length < mostLetters) {
      const page = await this.#reader.page({ after: this.#entries.at(-1)?.position, limit: pageSize });
      for (const letter of page) this.#entries.push({ position: letter.position, place: this.#placeOf(letter), diedAt: letter.diedAt });
      if (page.length < pageSize) return;
    }
  }

  /** Where the oldest letter is none that is known, all is read anew: everything was trimmed, or the topic was made again. */
  async #forgetTrimmed(): Promise<void> {
    if (this.#entries.length === 0) return;
    const [oldest] = await this.#reader.page({ limit: 1 });
    const at = this.#entries.findIndex(({ position, diedAt }) => position === oldest?.position && diedAt === oldest.diedAt);
    if (at !== 0) this.#entries = at < 0 ? [] : this.#entries.slice(at);
  }

  /** One object for each place, so that a letter costs no more than its position. Strangers may name any number of them. */
  #placeOf({ pipeline, stage, code }: KeptLetter): KnownPlace {
    const key = JSON.stringify([pipeline, stage, code]);
    const place = this.#places.get(key) ?? { key, pipeline, stage, code };
    if (this.#places.size >= mostPlaces) this.#places.clear();
    this.#places.set(key, place);
    return place;
  }

  async #states(database: Queryable): Promise<ReadonlyMap<string, LetterState>> {
    const rows = await database.query<{ position: string; state: LetterState }>({
      name: 'weir-letter-all-states',
      text: 'SELECT position, state FROM weir.dead_letter_action WHERE topic = $1',
      values: [this.#topic],
    });
    return new Map(rows.map(({ position, state }) => [position, state]));
  }
}
