import type { Gate } from './gate.ts';

/**
 * Makes a call behind a breaker, and tells it how the call ended. While it is shut, or where there is none, nothing is called and the
 * answer is undefined: a run of a job does not wait for what is away.
 */
export async function unlessShut<T>(gate: Gate | undefined, call: () => Promise<T>): Promise<T | undefined> {
  if (gate === undefined || !gate.isOpen()) return undefined;
  const entry = gate.enter();
  try {
    const answer = await call();
    entry.answered();
    return answer;
  } catch (error) {
    entry.failed(error);
    throw error;
  } finally {
    entry.leave();
  }
}
