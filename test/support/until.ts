import { setTimeout as delay } from 'node:timers/promises';

/**
 * Waits until a condition holds, and returns what it answered. A condition that throws does not hold yet.
 * Rejects after `limitMs` (20 s by default), saying what was waited for. Asks every `everyMs` (5 by default).
 */
export async function until<T>(
  what: string,
  condition: () => T | Promise<T>,
  { limitMs = 20_000, everyMs = 5 }: { readonly limitMs?: number; readonly everyMs?: number } = {},
): Promise<NonNullable<T>> {
  const limit = performance.now() + limitMs;
  for (;;) {
    let failure: unknown;
    try {
      const answer = await condition();
      if (answer !== false && answer !== undefined && answer !== null) return answer;
    } catch (error) {
      failure = error;
    }
    if (performance.now() > limit) throw new Error(`Waited ${limitMs} ms in vain until ${what}.`, { cause: failure });
    await delay(everyMs);
  }
}
