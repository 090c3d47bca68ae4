import { WeirError } from '../../errors.ts';

/**
 * The rows of a partition in read order, from being read until everything up to them has left the chain. Each has its number,
 * counted from the first row of the partition, so that counters stay right over restarts. Memory: the span of the partition.
 */
export class RowLine {
  /** Rows above the watermark: position → number. */
  readonly #numbers = new Map<string, number>();
  #lastRead: number;
  #lastTaken: number;
  #lastLeft: number;

  /** `before` is the number of rows below the first one that will be read. */
  constructor(before: number) {
    this.#lastRead = before;
    this.#lastTaken = before;
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

  /** Takes the next row; a defect when it is another one. */
  take(position: string): void {
    if (this.numberOf(position) !== this.#lastTaken + 1) {
      const sentence = `Row ${position} came to be written out of read order, or a row before it never did: stages above writeChunk keep the order.`;
      throw new WeirError('defect', sentence);
    }
    this.#lastTaken += 1;
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
