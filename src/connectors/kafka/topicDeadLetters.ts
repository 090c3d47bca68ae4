import type { Kafka, KafkaMessage } from 'kafkajs';
import { WeirError } from '../../errors.ts';
import { keptLetterOf, type KeptLetter } from '../../message/keptLetter.ts';
import type { DeadLetterReader, LetterRange } from '../deadLetterReader.ts';
import type { AdminClient } from './adminClient.ts';
import type { KafkaSettings } from './kafkaOptions.ts';
import { LogReader, type OffsetRange } from './logReader.ts';
import { contentOf } from './record.ts';

const offset = /^\d{1,18}$/;

/** Positions further apart than this are read apart. */
const gap = 100n;

/** Reads a topic of dead letters, in no group that anybody knows: whoever looks changes nothing. The position is the offset. */
export class TopicDeadLetters implements DeadLetterReader {
  readonly #topic: string;
  readonly #admin: AdminClient;
  readonly #log: LogReader;

  constructor(topic: string, parts: { readonly kafka: Kafka; readonly settings: KafkaSettings; readonly admin: AdminClient }) {
    this.#topic = topic;
    this.#admin = parts.admin;
    this.#log = new LogReader(topic, parts.kafka, parts.settings);
  }

  async newest(): Promise<string | undefined> {
    const { from, to } = await this.#bounds();
    return from < to ? (to - 1n).toString() : undefined;
  }

  async page({ after, upTo, isNewestFirst = false, limit }: LetterRange): Promise<readonly KeptLetter[]> {
    const behind = after === undefined ? undefined : required(after);
    const last = upTo === undefined ? undefined : required(upTo);
    const bounds = await this.#bounds();
    const lowest = isNewestFirst || behind === undefined ? bounds.from : larger(bounds.from, behind + 1n);
    const above = smaller(bounds.to, isNewestFirst ? (behind ?? bounds.to) : bounds.to, last === undefined ? bounds.to : last + 1n);
    const range = isNewestFirst
      ? { from: larger(lowest, above - BigInt(limit)), to: above }
      : { from: lowest, to: smaller(above, lowest + BigInt(limit)) };
    const letters = (await this.#log.read([range])).map(letterOf);
    return isNewestFirst ? letters.toReversed() : letters;
  }

  async at(positions: readonly string[]): Promise<readonly KeptLetter[]> {
    const wanted = positions.map(required);
    const { from, to } = await this.#bounds();
    const there = wanted.filter((position) => from <= position && position < to);
    const found = new Map((await this.#log.read(rangesOf(there))).map((record) => [BigInt(record.offset), record]));
    return wanted.flatMap((position) => (found.has(position) ? [letterOf(found.get(position) as KafkaMessage)] : []));
  }

  async close(): Promise<void> {
    await this.#log.close();
  }

  /** From the oldest that is kept to behind the newest. */
  async #bounds(): Promise<OffsetRange> {
    const [only] = await this.#admin.use((admin) => admin.fetchTopicOffsets(this.#topic));
    if (only === undefined) throw new WeirError('notFound', `${this.#topic} is missing in Kafka: run weir migrate`);
    return { from: BigInt(only.low), to: BigInt(only.high) };
  }
}

/** Ranges that hold all positions, and few others. */
function rangesOf(positions: readonly bigint[]): readonly OffsetRange[] {
  const ranges: OffsetRange[] = [];
  for (const position of positions.toSorted((a, b) => Number(a - b))) {
    const last = ranges.at(-1);
    if (last !== undefined && position <= last.to + gap) ranges[ranges.length - 1] = { from: last.from, to: position + 1n };
    else ranges.push({ from: position, to: position + 1n });
  }
  return ranges;
}

function required(position: string): bigint {
  if (offset.test(position)) return BigInt(position);
  throw new WeirError('invalidKey', 'expected the position of a dead letter, a number as 4711');
}

/** Whatever its size and shape: what was too large or foreign to be read is here for that. */
function letterOf(record: KafkaMessage): KeptLetter {
  return keptLetterOf(record.offset, contentOf(record, Infinity));
}

function larger(one: bigint, other: bigint): bigint {
  return one > other ? one : other;
}

function smaller(...numbers: readonly [bigint, ...bigint[]]): bigint {
  return numbers.reduce((least, number) => (number < least ? number : least));
}
