import { codeOf, kindOf, textOf, type ErrorCode } from '../errors.ts';
import type { Envelope } from './message.ts';

/**
 * A message put aside with its reason. The bytes are the original ones, unchanged (personal data in them is still encrypted),
 * so a replay publishes exactly what was read.
 */
export interface DeadLetter {
  readonly original: Uint8Array;
  readonly key: string;
  readonly headers: ReadonlyMap<string, string>;
  /** Where it was read: partition (topic, stream or job partition) and position within. */
  readonly partition: string;
  readonly position: string;
  readonly pipeline: string;
  readonly stage: string;
  readonly code: ErrorCode;
  readonly text: string;
  readonly attempts: number;
  /** When it was put aside, calendar time. */
  readonly diedAt: Date;
}

/** The dead letter of a message that failed in a stage. */
export function deadLetterOf(envelope: Envelope, stage: string, error: unknown): DeadLetter {
  return {
    original: envelope.original,
    key: envelope.key,
    headers: envelope.headers,
    partition: envelope.partition,
    position: envelope.position,
    pipeline: envelope.run.pipeline,
    stage,
    code: codeOf(error),
    text: `${kindOf(error)}: ${textOf(error)}`,
    attempts: envelope.attempt,
    diedAt: envelope.run.clock.now(),
  };
}
