import type { Clock } from '../message/clock.ts';

/** Failures of one address within the time that are let through to the database. */
const maxFailures = 20;
const forMs = 60_000;

/** Addresses that are remembered; the one that failed first is forgotten for another. */
const maxAddresses = 10_000;

interface Failures {
  readonly sinceMs: number;
  count: number;
}

/**
 * Counts failed authentications by address, so that guessing costs neither the database nor the log more than 20 lines a minute.
 * Memory: 10,000 addresses at most.
 */
export class FailedAttempts {
  readonly #clock: Clock;
  readonly #failures = new Map<string, Failures>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Milliseconds until this address may try again; 0 when it may now. */
  waitMs(address: string): number {
    const failures = this.#failures.get(address);
    if (failures === undefined || failures.count < maxFailures) return 0;
    const leftMs = failures.sinceMs + forMs - this.#clock.elapsedMs();
    if (leftMs > 0) return leftMs;
    this.#failures.delete(address);
    return 0;
  }

  add(address: string): void {
    const nowMs = this.#clock.elapsedMs();
    const failures = this.#failures.get(address);
    if (failures !== undefined && failures.sinceMs + forMs > nowMs) {
      failures.count += 1;
      return;
    }
    this.#failures.delete(address);
    const [oldest] = this.#failures.keys();
    if (oldest !== undefined && this.#failures.size >= maxAddresses) this.#failures.delete(oldest);
    this.#failures.set(address, { sinceMs: nowMs, count: 1 });
  }
}
