import type { Room } from '../connectors/source.ts';

interface Waiter {
  readonly max: number;
  readonly partition: string;
  readonly grant: (count: number) => void;
}

/** What a window bounds. */
export interface WindowLimits {
  /** Messages between the top and the bottom of the pipeline. */
  readonly window: number;
  /** Messages of one partition above its watermark; more than the window, so that one held message stops its partition last. */
  readonly maxSpan: number;
}

/**
 * The room of a run: what its source may still read. Both bounds count what is reserved as well as what is read, so they hold
 * whatever a source does between. Waiters are served in their order; one whose partition has no span left lets others pass.
 */
export class Window implements Room {
  readonly #limits: WindowLimits;
  #used = 0;
  readonly #spans = new Map<string, number>();
  #waiters: Waiter[] = [];
  #isPaused = false;

  constructor(limits: WindowLimits) {
    this.#limits = limits;
  }

  take(max: number, partition: string, signal: AbortSignal): Promise<number> {
    if (signal.aborted) return Promise.reject(signal.reason as Error);
    const count = this.#grantable(max, partition);
    if (count > 0 && this.#waiters.length === 0) return Promise.resolve(this.#reserve(count, partition));
    return new Promise((resolve, reject) => {
      const onAbort = (): void => {
        this.#waiters = this.#waiters.filter((other) => other !== waiter);
        reject(signal.reason as Error);
      };
      const waiter: Waiter = {
        max,
        partition,
        grant: (granted) => {
          signal.removeEventListener('abort', onAbort);
          resolve(granted);
        },
      };
      signal.addEventListener('abort', onAbort, { once: true });
      this.#waiters.push(waiter);
      this.#serve();
    });
  }

  giveBack(count: number, partition: string): void {
    this.#used -= count;
    this.rise(partition, count);
  }

  /** Messages have ended: the window has their place again. Their span has it when the watermark passes them. */
  leave(count: number): void {
    this.#used -= count;
    this.#serve();
  }

  /** The watermark of a partition rose over `count` messages. */
  rise(partition: string, count: number): void {
    const left = (this.#spans.get(partition) ?? 0) - count;
    if (left > 0) this.#spans.set(partition, left);
    else this.#spans.delete(partition);
    this.#serve();
  }

  pause(): void {
    this.#isPaused = true;
  }

  resume(): void {
    this.#isPaused = false;
    this.#serve();
  }

  #grantable(max: number, partition: string): number {
    if (this.#isPaused) return 0;
    return Math.min(max, this.#limits.window - this.#used, this.#limits.maxSpan - (this.#spans.get(partition) ?? 0));
  }

  #reserve(count: number, partition: string): number {
    this.#used += count;
    this.#spans.set(partition, (this.#spans.get(partition) ?? 0) + count);
    return count;
  }

  #serve(): void {
    if (this.#waiters.length === 0) return;
    this.#waiters = this.#waiters.filter((waiter) => {
      const count = this.#grantable(waiter.max, waiter.partition);
      if (count <= 0) return true;
      waiter.grant(this.#reserve(count, waiter.partition));
      return false;
    });
  }
}
