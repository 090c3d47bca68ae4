/**
 * Finds defects that follow one another in read order. A defect between good messages is one odd message; `limit` of them in an
 * unbroken row are a broken chain. Memory: a number for each defect of the run, each
 * of which cost a dead letter.
 */
export class DefectRow {
  readonly #limit: number;
  readonly #numbers = new Set<number>();

  constructor(limit: number) {
    this.#limit = limit;
  }

  /** Notes that the message with this number in read order failed by a defect. True when it completes a row. */
  add(number: number): boolean {
    this.#numbers.add(number);
    let first = number;
    while (this.#numbers.has(first - 1)) first -= 1;
    let last = number;
    while (this.#numbers.has(last + 1)) last += 1;
    return last - first + 1 >= this.#limit;
  }
}
