/**
 * What a function of a chain answers instead of a value when the message ends here: made by `skip`, `defer` and `dead` only.
 * The stage turns it into the message's outcome; for `dead` it writes the dead letter first.
 */
export class Decision {
  readonly outcome: 'skipped' | 'deferred' | 'dead';
  readonly reason: string;
  /** Why it is dead; undefined for the others. */
  readonly error: unknown;
  // Makes the class nominal: no value of a domain is taken for a decision by its shape.
  readonly #decision = true;

  private constructor(outcome: 'skipped' | 'deferred' | 'dead', reason: string, error?: unknown) {
    this.outcome = outcome;
    this.reason = reason;
    this.error = error;
  }

  static of(outcome: 'skipped' | 'deferred'): (reason: string) => Decision {
    return (reason) => new Decision(outcome, reason);
  }

  static dead(error: unknown): Decision {
    return new Decision('dead', error instanceof Error ? error.message : String(error), error);
  }

  static is(answer: unknown): answer is Decision {
    // Most answers are values, which `instanceof` tells faster than the look for a private name.
    return answer instanceof Decision && #decision in answer;
  }
}

/** Nothing to do for this message: a duplicate, or not ours. */
export const skip = Decision.of('skipped');

/** A row that is already durable brings this message back later. */
export const defer = Decision.of('deferred');

/** This message can never be processed; `error` says why. */
export const dead = Decision.dead.bind(Decision);

/** What a function of a chain answers: a value that goes on, or a decision that ends the message. */
export type Answer<R> = R | Decision;
