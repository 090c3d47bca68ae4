import { codeOf, kindOf, WeirError } from '../src/errors.ts';
import type { Answer } from '../src/message/decision.ts';
import { deadUnlessNewer } from './internal/deadUnlessNewer.ts';
import { mapOpen } from './internal/mapOpen.ts';
import { stageName } from './internal/stageName.ts';
import type { Step } from './step.ts';

/** What a decision may depend on besides its value. */
export interface Moment {
  /** Calendar time. */
  readonly now: Date;
  /** Deliveries of the message so far, this one included; from 1. */
  readonly attempt: number;
  readonly key: string;
}

/**
 * Answers each open message by a pure function: a value that goes on, or a decision that ends the message.
 *
 * ```
 * source   --a--D--b--c--|
 *          mapEach(f)            f(b) = skip('…')
 * result   --A--D--s--C--|       D decided before, s skipped
 * ```
 *
 * Synchronous and in order. A throw puts the message aside: a permanent error under its own code, anything else as a defect,
 * since a pure function has nothing that could pass. A message that is put aside leaves once its dead letter is durable; the
 * following ones do not wait. `newerVersion` puts nothing aside: it errors the chain, since a newer Weir wrote the message and can
 * read it. Memory: the messages whose dead letters are being written.
 */
export function mapEach<T, R>(project: (value: T, moment: Moment) => Answer<R>): Step<T, R> {
  return mapOpen<T, R>(stageName(project), ({ envelope, value }) => {
    try {
      return project(value, { now: envelope.run.clock.now(), attempt: envelope.attempt, key: envelope.key });
    } catch (error) {
      return deadUnlessNewer(asLasting(error));
    }
  });
}

function asLasting(error: unknown): unknown {
  const kind = kindOf(error);
  if (kind === 'permanent' || kind === 'defect') return error;
  return new WeirError('defect', `A pure function threw ${codeOf(error)}, which is ${kind}: effects belong into mergeMapEach.`, {
    cause: error,
  });
}
