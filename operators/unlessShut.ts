import type { Gate } from './gate.ts';

/**
 * Makes a call behind a breaker, and tells it how the call ended. While it is shut, or where there is none, nothing is called and the
 * answer is undefined: a run of a job does not wait for what is away. For the breaker the call ends with its signal at the latest, whatever
 * the call does then: a time limit tells that nobody is there, also where nothing had been sent yet.
 */
export async function unlessShut<T>(gate: Gate | undefined, signal: AbortSignal, call: () => Promise<T>): Promise<T | undefined> {
  if (gate === undefined || !gate.isOpen()) return undefined;
  const entry = gate.enter();
  let isTold = false;
  const tell = (how: () => void): void => {
    if (isTold) return;
    isTold = true;
    how();
    entry.leave();
  };
  const cut = (): void => tell(() => entry.failed(signal.reason));
  signal.addEventListener('abort', cut, { once: true });
  try {
    const answer = await call();
    tell(() => entry.answered());
    return answer;
  } catch (error) {
    tell(() => entry.failed(error));
    throw error;
  } finally {
    signal.removeEventListener('abort', cut);
  }
}
