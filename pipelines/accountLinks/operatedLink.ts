import { WeirError } from '../../src/errors.ts';
import type { LinkStatus } from './link.ts';

/** What a person may say became of a registration, by what the people of the bank say. */
export const truths = ['active', 'failed'] as const;

export type Truth = (typeof truths)[number];

/** Why a link failed of which a person has said so. */
export const resolvedAsFailed = 'RESOLVED_AS_FAILED';

/** A link as an operator meets it, locked. */
export interface OperatedLink {
  readonly linkId: bigint;
  readonly accountId: string;
  readonly partner: string;
  readonly requestId: string;
  readonly key: string;
  readonly status: LinkStatus;
  /** Of the failure that has no end; null where there is none. */
  readonly failedWith: string | null;
  readonly isParked: boolean;
}

/**
 * Throws `refused` where a person's word tries nothing again: a link that has its end is changed by another request only, and one of which
 * nothing has failed goes on by itself.
 */
export function requireRetriable({ linkId, status, failedWith }: OperatedLink): void {
  if (status === 'ACTIVE') throw new WeirError('refused', `Link ${linkId} is active.`);
  if (status === 'FAILED')
    throw new WeirError('refused', `Link ${linkId} has failed, by the bank's word or a person's: only another request tries it anew.`);
  if (failedWith === null)
    throw new WeirError('refused', `Link ${linkId} is ${status}, and nothing has failed of it: it goes on by itself.`);
}

/** Throws `refused` where the bank may still be asked: its word is better than a person's. */
export function requireResolvable({ linkId, status, isParked }: OperatedLink): void {
  if (isParked) return;
  throw new WeirError('refused', `Link ${linkId} is ${status} and does not wait for a person: only a parked link is resolved.`);
}
