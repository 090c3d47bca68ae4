import { textOf, WeirError } from '../../errors.ts';
import type { Clock } from '../../message/clock.ts';

export interface LeaseTimes {
  /**
   * How long a claim holds without a sign of life. Short: a stall of the process loses its partitions; long: the work of a dead
   * process waits. At least three heartbeats.
   */
  readonly leaseMs: number;
  /** How often a holder that writes nothing renews its lease. */
  readonly heartbeatMs: number;
}

/** Of the lease, the part in which its holder trusts it; the rest covers the way to the database and drifting clocks. */
const trusted = 0.75;

/** How long after the start of a renewal its holder may act, and a transaction may take: always ends before the lease does. */
export function trustMs({ leaseMs }: LeaseTimes): number {
  return leaseMs * trusted;
}

export interface LeaseSpec {
  /** What is leased, for sentences: `partition 2 of billing.settle:2026-11`. */
  readonly name: string;
  readonly clock: Clock;
  readonly times: LeaseTimes;
  /** Renews; false when another holds it. An error may pass: it is tried again while the lease is trusted. */
  readonly renew: () => Promise<boolean>;
  /** Told once, when the lease went to another holder or could not be renewed in time. The holder stops at once. */
  readonly lost: (reason: WeirError) => void;
}

/**
 * Keeps a lease by renewing it. It is trusted from the *start* of the last renewal that succeeded, measured in elapsed time,
 * and only for a part of its length: a holder that was stopped finds out by its own clock that it may no longer act, before
 * any other can have claimed. This saves work and effects; what protects the data is the token in every write.
 */
export class Lease {
  readonly #spec: LeaseSpec;
  #renewedAtMs: number;
  #nextRenewalMs: number;
  #isRenewing = false;
  #isOver = false;
  #lastError: unknown;
  #cancelTimer: (() => void) | undefined;

  /** `claimedAtMs` is the elapsed time at which the claim began. */
  constructor(spec: LeaseSpec, claimedAtMs: number) {
    this.#spec = spec;
    this.#renewedAtMs = claimedAtMs;
    this.#nextRenewalMs = claimedAtMs + spec.times.heartbeatMs;
    this.#plan();
  }

  /** Milliseconds for which the holder may still act; 0 when it may not. */
  remainingMs(): number {
    if (this.#isOver) return 0;
    return Math.max(0, this.#renewedAtMs + trustMs(this.#spec.times) - this.#spec.clock.elapsedMs());
  }

  /** A write under the token renewed it as well; it began at this elapsed time. */
  renewed(startedAtMs: number): void {
    if (this.#isOver) return;
    this.#renewedAtMs = Math.max(this.#renewedAtMs, startedAtMs);
    this.#nextRenewalMs = this.#renewedAtMs + this.#spec.times.heartbeatMs;
  }

  /** Another holder was met: the same as a renewal that was refused. */
  lose(): void {
    this.#lose(new WeirError('fenced', `${this.#spec.name} was taken over by another process`));
  }

  /** Renews no more; `lost` is not called after it. */
  stop(): void {
    this.#isOver = true;
    this.#cancelTimer?.();
  }

  #plan(): void {
    const { clock, times } = this.#spec;
    const endMs = this.#renewedAtMs + trustMs(times);
    const dueMs = this.#isRenewing ? endMs : Math.min(endMs, this.#nextRenewalMs);
    this.#cancelTimer = clock.after(Math.max(0, dueMs - clock.elapsedMs()), () => this.#tick());
  }

  #tick(): void {
    if (this.remainingMs() === 0) {
      const why = this.#lastError === undefined ? 'this process stood still' : textOf(this.#lastError);
      this.#lose(new WeirError('fenced', `the lease of ${this.#spec.name} could not be renewed in time (${why})`));
      return;
    }
    if (!this.#isRenewing && this.#spec.clock.elapsedMs() >= this.#nextRenewalMs) void this.#renew();
    this.#plan();
  }

  async #renew(): Promise<void> {
    const { clock, times, renew } = this.#spec;
    const startedAtMs = clock.elapsedMs();
    this.#isRenewing = true;
    try {
      if (!(await renew())) {
        this.lose();
        return;
      }
      this.#lastError = undefined;
      this.renewed(startedAtMs);
    } catch (error) {
      this.#lastError = error;
      this.#nextRenewalMs = clock.elapsedMs() + times.heartbeatMs / 2;
    }
    this.#isRenewing = false;
    if (this.#isOver) return;
    this.#cancelTimer?.();
    this.#plan();
  }

  #lose(reason: WeirError): void {
    if (this.#isOver) return;
    this.stop();
    this.#spec.lost(reason);
  }
}
