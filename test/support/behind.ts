import { WeirError } from '../../src/errors.ts';
import { Decision } from '../../src/message/decision.ts';

type Claim<A extends readonly unknown[], T> = (...asked: A) => Promise<readonly T[]>;
type Record<V, R> = (values: readonly V[]) => Promise<R>;

/** Counts the most that is claimed and not recorded. Each record gives the claims time for many statements before it begins. */
export function countBehind<A extends readonly unknown[], T, V, R>(
  claim: Claim<A, T>,
  record: Record<V, R>,
  pause: () => Promise<unknown>,
): { readonly claim: Claim<A, T>; readonly record: Record<V, R>; readonly most: () => number } {
  let [ahead, most] = [0, 0];
  return {
    claim: async (...asked) => {
      const answers = await claim(...asked);
      ahead += answers.filter((answer) => !Decision.is(answer)).length;
      most = Math.max(most, ahead);
      return answers;
    },
    record: async (values) => {
      for (let statements = 0; statements < 30; statements += 1) await pause();
      const answers = await record(values);
      ahead -= values.length;
      return answers;
    },
    most: () => most,
  };
}

/** A stage whose first call fails in a way that may pass. */
export function failingOnce<A extends readonly unknown[], T>(stage: (...asked: A) => Promise<T>): (...asked: A) => Promise<T> {
  let isFirst = true;
  return async function troubled(...asked) {
    if (!isFirst) return stage(...asked);
    isFirst = false;
    throw new WeirError('unavailable', 'PostgreSQL restarts');
  };
}
