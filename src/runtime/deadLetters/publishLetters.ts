import type { DeadLetterReader } from '../../connectors/deadLetterReader.ts';
import type { Sink } from '../../connectors/sink.ts';
import { kindOf, textOf } from '../../errors.ts';
import type { KeptLetter } from '../../message/keptLetter.ts';
import type { LetterEnd } from './replayStore.ts';

/**
 * Publishes dead letters again, in this order: the original key, bytes and headers, taken from the letter itself, so that an
 * original which was trimmed from its topic is replayed all the same. Answers what became of each; rejects with what may pass.
 */
export async function publishLetters(reader: DeadLetterReader, sink: Sink, positions: readonly string[]): Promise<readonly LetterEnd[]> {
  const letters = new Map((await reader.at(positions)).map((letter) => [letter.position, letter]));
  const refusals = await write(sink, [...letters.values()]);
  return positions.map((position) => {
    if (!letters.has(position)) return { position, state: 'GONE', note: null };
    const note = refusals.get(position);
    return note === undefined ? { position, state: 'REPLAYED', note: null } : { position, state: 'REFUSED', note };
  });
}

/** Writes letters at once; where one of them is refused for good, each alone. Answers why, by position. */
async function write(sink: Sink, letters: readonly KeptLetter[]): Promise<ReadonlyMap<string, string>> {
  try {
    if (letters.length > 0) await sink.write(letters);
    return new Map();
  } catch (error) {
    if (kindOf(error) !== 'permanent') throw error;
    const [letter] = letters;
    if (letters.length === 1 && letter !== undefined) return new Map([[letter.position, textOf(error)]]);
  }
  const refusals: (readonly [string, string])[] = [];
  for (const letter of letters) refusals.push(...(await write(sink, [letter])));
  return new Map(refusals);
}
