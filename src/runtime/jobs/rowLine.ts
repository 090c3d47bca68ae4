import { WeirError } from '../../errors.ts';

/**
 * The rows of a partition in read order, from being read until everything up to them has left the chain. Each has its number,
 * counted from the first row of the partition, so that counters stay right over restarts. Memory: the span of the partition.
 */
export class RowLine {
  /** Rows above the watermark: position → number. */
  readonly #numbers = new Map<string, number>();
  readonly #before: number;
  #lastRead: number;
  #lastLeft: number;

  /** `before` is the number of rows below the first one that will be read. */
  constructor(before: number) {
    this.#lastRead = before;
    this.#before = before;
    this.#lastLeft = before;
  }

  /** The number of the highest row that has left the chain together with all rows below it. */
  get lastLeft(): number {
    return this.#lastLeft;
  }

  read(position: string): void {
    if (this.#numbers.has(position)) {
      throw new WeirError('defect', `Two rows have the position ${position}: a checkpoint between them would lose one.`);
    }
    this.#lastRead += 1;
    this.#numbers.set(position, this.#lastRead);
  }

  /** The place of a row in read order, from 0 for the first that was read here; a defect when it was not read here. */
  placeOf(position: string): number {
    const number = this.#numbers.get(position);
    if (number === undefined) throw new WeirError('defect', `Row ${position} came to be written and had not been read.`);
    return number - this.#before - 1;
  }

  /** The number of a row above the watermark; 0 for others. */
  numberOf(position: string): number {
    return this.#numbers.get(position) ?? 0;
  }

  /** Everything up to this position has left the chain. */
  leave(position: string): void {
    for (const [below, number] of this.#numbers) {
      this.#numbers.delete(below);
      this.#lastLeft = number;
      if (below === position) return;
    }
  }
}
