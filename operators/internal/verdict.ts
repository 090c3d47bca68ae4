import { dead, type Answer } from '../../src/message/decision.ts';

/** What a verdict function says; one that throws ends its message by a defect, like any other function of the chain. */
export function verdict<R>(judge: () => R): Answer<R> {
  try {
    return judge();
  } catch (error) {
    return dead(error);
  }
}
