import type { SASLOptions } from 'kafkajs';
import type { ConnectionOptions } from 'node:tls';
import type { Clock } from '../../message/clock.ts';
import type { OutageReport } from '../outage.ts';

/** What the connector tells besides its results: for metrics and logs. Its functions must not throw. */
export interface KafkaReport extends OutageReport {
  /** So many messages of a partition were removed by age before this group had read them; it goes on at the oldest. The work is lost: alert. */
  removed?(partition: string, group: string, count: number): void;
  /** This member holds other partitions of a topic than before. */
  assigned?(topic: string, group: string, partitions: readonly number[]): void;
  /** A member gave no sign for two session timeouts and was replaced, for the `count`-th time in a row. */
  rebuilt?(topic: string, group: string, count: number): void;
}

/** What must be given to make a bus on Kafka, and what may be. */
export interface KafkaOptions {
  /** Brokers to begin with, each as `host:port`. */
  readonly brokers: readonly string[];
  /** Where the brokers were given, for sentences about a connection that was not had; default `its brokers`. */
  readonly origin?: string;
  readonly clock: Clock;
  /** Name of this process, shown by the broker. */
  readonly instance: string;
  readonly report?: KafkaReport;
  /** TLS towards the brokers, with Node.js' own options; default: none. */
  readonly tls?: ConnectionOptions | undefined;
  readonly sasl?: SASLOptions | undefined;
  /** Copies of each partition that `provide` asks for; default 1. */
  readonly replicas?: number;
  /** How long the broker waits for a sign of life of a member, in milliseconds; default 30,000. */
  readonly sessionTimeoutMs?: number;
  /** How long the group waits for a member to join anew, in milliseconds; default 60,000. Half of it is for work in flight. */
  readonly rebalanceTimeoutMs?: number;
  /** Time between two signs of life, in milliseconds; default a tenth of `sessionTimeoutMs`. */
  readonly heartbeatMs?: number;
  /** How often a member looks for new partitions, in milliseconds; default 60,000. */
  readonly metadataMaxAgeMs?: number;
  /** How long one call, or connecting, may take, in milliseconds; default 10,000. */
  readonly timeLimitMs?: number;
}

export type KafkaSettings = Omit<Required<KafkaOptions>, 'tls' | 'sasl'> & Pick<KafkaOptions, 'tls' | 'sasl'>;

/** Fills in the defaults. */
export function withDefaults(options: KafkaOptions): KafkaSettings {
  const sessionTimeoutMs = options.sessionTimeoutMs ?? 30_000;
  return {
    origin: 'its brokers',
    report: {},
    replicas: 1,
    rebalanceTimeoutMs: 60_000,
    heartbeatMs: Math.floor(sessionTimeoutMs / 10),
    metadataMaxAgeMs: 60_000,
    timeLimitMs: 10_000,
    ...options,
    sessionTimeoutMs,
  };
}
