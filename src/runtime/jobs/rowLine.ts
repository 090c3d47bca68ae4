import { WeirError } from '../../errors.ts';

interface Row {
  /** In read order, from 0 for the first that was read here. */
  readonly place: number;
  /** Counted from the first row of the partition; 0 for a row that was counted before. */
  readonly number: number;
}

/**
 * The rows of a partition in read order, from being read until everything up to them has left the chain. A row that is read for
 * the first time has its number, counted from the first row of the partition, so that counters stay right over restarts; one that
 * is given again, because it may not have been published, has none. Memory: the span of the partition.
 */
export class RowLine {
  /** Rows above the watermark, by position. */
  readonly #rows = new Map<string, Row>();
  #lastNumber: number;
  #places = 0;

  /** `before` is the number of rows up to the checkpoint. */
  constructor(before: number) {
    this.#lastNumber = before;
  }

  read(position: string, isAgain: boolean): void {
    if (this.#rows.has(position)) {
      throw new WeirError('defect', `Two rows have the position ${position}: a checkpoint between them would lose one.`);
    }
    if (!isAgain) this.#lastNumber += 1;
    this.#rows.set(position, { place: this.#places, number: isAgain ? 0 : this.#lastNumber });
    this.#places += 1;
  }

  /** The place of a row in read order; a defect when it was not read here. */
  placeOf(position: string): number {
    const row = this.#rows.get(position);
    if (row === undefined) throw new WeirError('defect', `Row ${position} came to be written and had not been read.`);
    return row.place;
  }

  /** The number of a row above the watermark; 0 for others, and for rows that were given again. */
  numberOf(position: string): number {
    return this.#rows.get(position)?.number ?? 0;
  }

  /** Everything up to this position has left the chain. */
  leave(position: string): void {
    for (const below of this.#rows.keys()) {
      this.#rows.delete(below);
      if (below === position) return;
    }
  }
}
