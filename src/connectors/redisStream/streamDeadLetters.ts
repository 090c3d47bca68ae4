import type { DeadLetterReader, LetterRange } from '../deadLetterReader.ts';
import { WeirError } from '../../errors.ts';
import { keptLetterOf, type KeptLetter } from '../../message/keptLetter.ts';
import type { Connection } from '../redis/connection.ts';
import { contentOf, type Entry } from './entry.ts';
import { repliesOf } from '../redis/repliesOf.ts';

const entryId = /^\d{1,20}-\d{1,20}$/;

/** Reads a stream of dead letters, in no group: whoever looks changes nothing. */
export class StreamDeadLetters implements DeadLetterReader {
  readonly #stream: string;
  readonly #commands: Connection;

  constructor(stream: string, commands: Connection) {
    this.#stream = stream;
    this.#commands = commands;
  }

  async newest(): Promise<string | undefined> {
    const [newest] = await this.page({ isNewestFirst: true, limit: 1 });
    return newest?.position;
  }

  async page({ after, upTo, isNewestFirst = false, limit }: LetterRange): Promise<readonly KeptLetter[]> {
    const highest = upTo === undefined ? '+' : required(upTo);
    const behind = after === undefined ? undefined : `(${required(after)}`;
    const entries = await this.#commands.use(async (client) => {
      if (!isNewestFirst) return client.xrangeBuffer(this.#stream, behind ?? '-', highest, 'COUNT', limit);
      // Asked backwards from below its first entry Redis walks over the whole stream to find nothing.
      const isThereAny = (await client.xrange(this.#stream, '-', behind ?? highest, 'COUNT', 1)).length > 0;
      return isThereAny ? client.xrevrangeBuffer(this.#stream, behind ?? highest, '-', 'COUNT', limit) : [];
    });
    return (entries as readonly Entry[]).flatMap(letterOf);
  }

  async at(positions: readonly string[]): Promise<readonly KeptLetter[]> {
    const ids = positions.map(required);
    const found = await this.#commands.use((client) => {
      const pipeline = client.pipeline();
      for (const id of ids) pipeline.xrangeBuffer(this.#stream, id, id);
      return repliesOf(pipeline);
    });
    return found.flatMap((entries) => (entries as readonly Entry[]).flatMap(letterOf));
  }
}

function required(position: string): string {
  if (entryId.test(position)) return position;
  throw new WeirError('invalidKey', 'expected the position of a dead letter, as 1767225600000-0');
}

/** Whatever its size and shape: what was too large or foreign to be read is here for that. */
function letterOf([id, fields]: Entry): readonly KeptLetter[] {
  return fields === null ? [] : [keptLetterOf(id.toString(), contentOf(fields, Infinity))];
}
