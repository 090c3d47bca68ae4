import { WeirError } from '../../src/errors.ts';

/**
 * Whether the same call may succeed later: its error is transient, or nobody can judge it. What no connector has translated is a
 * defect, so whatever may pass is one of ours.
 */
export function mayPass(error: unknown): error is WeirError {
  return error instanceof WeirError && (error.kind === 'transient' || error.kind === 'unknown');
}
