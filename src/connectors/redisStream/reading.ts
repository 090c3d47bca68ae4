import type { Topic } from '../bus.ts';
import type { Room } from '../source.ts';
import type { Delivery } from '../../message/message.ts';
import type { BlockProbe } from './blockProbe.ts';
import type { ClaimSchedule } from './claimSchedule.ts';
import type { Connection } from '../redis/connection.ts';
import type { Gate } from './gate.ts';
import type { InFlight } from './inFlight.ts';
import type { Outage } from '../outage.ts';
import type { ReaderStates } from './readerStates.ts';
import type { RedisStreamSettings } from './redisStreamOptions.ts';
import type { StreamGroup } from './streamGroup.ts';

/** What the readers of one subscription share. */
export interface Reading {
  readonly settings: RedisStreamSettings;
  readonly topic: Topic;
  readonly epoch: number;
  readonly room: Room;
  readonly commands: Connection;
  readonly group: StreamGroup;
  readonly inFlight: InFlight;
  readonly gate: Gate;
  readonly claims: ClaimSchedule;
  readonly probe: BlockProbe;
  readonly outage: Outage;
  readonly states: ReaderStates;
  /** Entries were trimmed away by someone else before this group had finished them. */
  readonly trimmed: (count: number) => void;
  /** Aborted when no more is to be read; what was read is emitted. */
  readonly stopped: AbortSignal;
  /** Aborted when no more is to be emitted. */
  readonly cut: AbortSignal;
  readonly emit: (delivery: Delivery) => void;
}
