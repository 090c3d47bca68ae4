import type { DeadLetterReader } from '../../connectors/deadLetterReader.ts';
import type { Sink } from '../../connectors/sink.ts';
import { kindOf, textOf } from '../../errors.ts';
import type { KeptLetter } from '../../message/keptLetter.ts';
import type { LetterEnd } from './replayStore.ts';

/**
 * Publishes dead letters again, in this order: the original key, bytes and headers, taken from the letter itself, so that an
 * original which was trimmed from its topic is replayed all the same. What the bus kept only in part is refused. Answers what became
 * of each; rejects with what may pass.
 */
export async function publishLetters(reader: DeadLetterReader, sink: Sink, positions: readonly string[]): Promise<readonly LetterEnd[]> {
  const letters = new Map((await reader.at(positions)).map((letter) => [letter.position, letter]));
  const whole = [...letters.values()].filter(({ originalBytes }) => originalBytes === undefined);
  const refusals = await write(sink, whole);
  return positions.map((position) => {
    const letter = letters.get(position);
    if (letter === undefined) return { position, state: 'GONE', note: null };
    const note = letter.originalBytes === undefined ? refusals.get(position) : sentenceOf(letter);
    return note === undefined ? { position, state: 'REPLAYED', note: null } : { position, state: 'REFUSED', note };
  });
}

function sentenceOf({ originalBytes, readFrom }: KeptLetter): string {
  return `it was too large to be kept whole: ask its producer for it, or look for the original of ${originalBytes} bytes at ${readFrom}`;
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
