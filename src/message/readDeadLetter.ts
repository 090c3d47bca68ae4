import type { DeadLetter } from './deadLetter.ts';
import { readDeadLetterHeaders } from './deadLetterHeaders.ts';
import type { Delivery } from './message.ts';

/** A dead letter as it is read back. Its code is a text: another program, or a newer Weir, may have written it. */
export interface StoredDeadLetter extends Omit<DeadLetter, 'code' | 'diedAt'> {
  readonly code: string;
  /** Undefined where it does not say when. */
  readonly diedAt: Date | undefined;
}

/** A dead letter as a bus holds it. */
export type DeadLetterEntry = Pick<Delivery, 'key' | 'headers' | 'partition' | 'position'> & { readonly original: Uint8Array };

/**
 * Reads what `deadLetterHeaders` wrote: the reason and the place of the original from our headers, the rest as its own. What another
 * program put aside, without our headers, was read where the entry itself stands, for a reason that it does not tell.
 */
export function readDeadLetter({ key, headers, partition, position, original }: DeadLetterEntry): StoredDeadLetter {
  const { own, told } = readDeadLetterHeaders(headers);
  const diedAt = new Date(told.diedAt ?? '');
  return {
    original,
    key,
    headers: own,
    partition: told.partition ?? partition,
    position: told.position ?? position,
    pipeline: told.pipeline ?? '',
    stage: told.stage ?? '',
    code: told.code ?? 'undecodable',
    text: told.text ?? 'put aside by another program, which does not say why',
    attempts: Number(told.attempts ?? '0'),
    diedAt: Number.isNaN(diedAt.getTime()) ? undefined : diedAt,
  };
}
