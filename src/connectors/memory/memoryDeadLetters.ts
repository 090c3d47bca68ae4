import type { DeadLetterReader, LetterRange } from '../deadLetterReader.ts';
import { WeirError } from '../../errors.ts';
import type { DeadLetter } from '../../message/deadLetter.ts';
import { deadLetterHeaders } from '../../message/deadLetterHeaders.ts';
import { keptLetterOf, type KeptLetter } from '../../message/keptLetter.ts';

/** Reads the dead letters of a topic in memory; a position is a number from 0. */
export function memoryDeadLetters(letters: readonly DeadLetter[]): DeadLetterReader {
  const kept = (at: number): readonly KeptLetter[] => {
    const letter = letters[at];
    if (letter === undefined) return [];
    return [keptLetterOf(String(at), { key: letter.key, value: letter.original, headers: deadLetterHeaders(letter) })];
  };
  const page = ({ after, upTo, isNewestFirst = false, limit }: LetterRange): readonly KeptLetter[] => {
    const highest = Math.min(letters.length - 1, upTo === undefined ? Infinity : required(upTo));
    const step = isNewestFirst ? -1 : 1;
    const behind = after === undefined ? undefined : required(after) + step;
    const first = behind ?? (isNewestFirst ? highest : 0);
    return Array.from({ length: limit }, (_, index) => first + index * step)
      .filter((at) => at <= highest)
      .flatMap(kept);
  };
  return {
    newest: () => Promise.resolve(letters.length === 0 ? undefined : String(letters.length - 1)),
    page: async (range) => {
      await Promise.resolve();
      return page(range);
    },
    at: async (positions) => {
      await Promise.resolve();
      return positions.map(required).flatMap(kept);
    },
  };
}

function required(position: string): number {
  if (/^\d{1,15}$/.test(position)) return Number(position);
  throw new WeirError('invalidKey', 'expected the position of a dead letter: a number');
}
