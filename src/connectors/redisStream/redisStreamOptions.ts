import type { Clock } from '../../message/clock.ts';
import type { OutageReport } from '../outage.ts';

/** What the connector tells besides its results: for metrics and logs. Its functions must not throw. */
export interface RedisStreamReport extends OutageReport {
  /** Entries were trimmed away by someone else before this group had finished them. The work is lost: alert. */
  trimmed?(stream: string, group: string, count: number): void;
  /** Reads block no more (`true`: this Redis does not answer them in time) or block again (`false`). */
  polling?(isPolling: boolean): void;
}

/** What must be given to make a bus on Redis Streams, and what may be. */
export interface RedisStreamOptions {
  /** Where Redis is: `redis://` or, with TLS, `rediss://user:password@host:port/database`. */
  readonly url: string;
  /** Where the url was given, for sentences about a connection that was not had; default `its url`. */
  readonly origin?: string;
  readonly clock: Clock;
  /**
   * Name of this process, the same after a restart and never that of another live one: entries that it had read and not
   * settled are found again under it at once, else only after `idleLimitMs`.
   */
  readonly instance: string;
  readonly report?: RedisStreamReport;
  /**
   * Readers of a subscription that does not ask for a number itself; default 1. Each has a connection of its own. More share
   * one stream's large or slow replies; order per key then holds only within each.
   */
  readonly readers?: number;
  /** Entries of one read at most; default 500. Too small costs a round trip per few messages, too large reads in long bursts. */
  readonly readCount?: number;
  /**
   * How long a read waits for entries, in milliseconds, 10 to 5,000; default 2,000. Too small asks Redis all the time; too large
   * notices a silent connection late (it is replaced after this time and 2 s).
   */
  readonly blockMs?: number;
  /**
   * Entries that nobody renewed for this long, in milliseconds, belong to a dead reader and are claimed; default 60,000. Too
   * small claims the work of a process that merely hangs, so that it is done twice; too large lets it lie after a crash.
   */
  readonly idleLimitMs?: number;
  /** Shortest time between two searches for entries to claim, in milliseconds, while there are any; default a sixth of `idleLimitMs`. */
  readonly claimMinMs?: number;
  /**
   * Longest time between two searches, in milliseconds, reached by doubling while there are none; default `idleLimitMs`: so what
   * a dead reader had is claimed within twice that.
   */
  readonly claimMaxMs?: number;
  /**
   * Deliveries of an entry before it is suspected of killing its readers; default 10. The next delivery is alone in flight, and
   * one more makes it a dead letter. Too small puts good entries aside after a few crashes, too large crashes that often.
   */
  readonly deliveryLimit?: number;
  /** Time between two trims of what every group has acknowledged, in milliseconds; default 10,000. Too large lets streams grow. */
  readonly trimEveryMs?: number;
  /** Age below which acknowledged entries are kept, in milliseconds, for groups that come later; default one hour. */
  readonly retainMs?: number;
  /** Consumers without entries that nobody used for this long, in milliseconds, are removed; default one hour. */
  readonly staleConsumerMs?: number;
  /**
   * How long one command, or connecting, may take, in milliseconds; default 5,000. Then the connection counts as dead and is
   * replaced. Too small breaks large writes, too large hides a silent Redis.
   */
  readonly timeLimitMs?: number;
}

/** Options with every default filled in. */
export type RedisStreamSettings = Required<RedisStreamOptions>;

/** Fills in the defaults. A time that Redis would read as "for ever" is brought into its bounds. */
export function withDefaults(options: RedisStreamOptions): RedisStreamSettings {
  const idleLimitMs = options.idleLimitMs ?? 60_000;
  const settings = {
    origin: 'its url',
    report: {},
    readers: 1,
    readCount: 500,
    blockMs: 2_000,
    idleLimitMs,
    claimMinMs: idleLimitMs / 6,
    claimMaxMs: idleLimitMs,
    deliveryLimit: 10,
    trimEveryMs: 10_000,
    retainMs: 3_600_000,
    staleConsumerMs: 3_600_000,
    timeLimitMs: 5_000,
    ...options,
  };
  return { ...settings, blockMs: Math.min(5_000, Math.max(10, Math.floor(settings.blockMs))) };
}
