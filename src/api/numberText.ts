/** A number of JSON that is not a whole number in digits alone (`12000.0`, `1e3`, `-0`): kept as it was written, since reading it would round. */
export class NumberText {
  readonly source: string;

  constructor(source: string) {
    this.source = source;
  }
}
