import type { Database } from '../../connectors/database.ts';
import type { Logger } from '../../logging/logger.ts';
import type { Clock } from '../../message/clock.ts';
import { pause } from '../../message/pause.ts';
import { failureOf } from '../jobs/failure.ts';
import { unlessStopped } from '../unlessStopped.ts';
import { forgetEvents } from './forgetEvents.ts';
import type { OutboxSpec } from './outbox.ts';

export interface ForgettingSpec {
  readonly database: Database;
  /** The inboxes beside them are meant. */
  readonly outboxes: readonly OutboxSpec[];
  readonly clock: Clock;
  readonly log: Logger;
  /** How long an event is known, in days. */
  readonly keepDays: number;
  readonly draining: AbortSignal;
}

/** How often old events are looked for, in milliseconds of elapsed time. */
const everyMs = 3_600_000;

/** Keeps inboxes from growing for ever: forgets old events at once, then every hour. What fails is tried at the next. Resolves once it is drained. */
export async function runForgetting({ database, outboxes, clock, log, keepDays, draining }: ForgettingSpec): Promise<void> {
  if (outboxes.length === 0) return;
  const schemas = outboxes.map(({ schema }) => schema);
  while (!draining.aborted) {
    try {
      await unlessStopped(clock, draining, forgetEvents(database, schemas, keepDays, draining));
    } catch (error) {
      const { code, text } = failureOf(error);
      log.warn('old events of inboxes cannot be deleted for now', { code, error: text });
    }
    await pause(clock, everyMs, draining);
  }
}
