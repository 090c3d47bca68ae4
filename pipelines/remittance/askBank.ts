import { WeirError } from '../../src/errors.ts';
import { claimOf, type AskedCall, type DueCall } from './askedCall.ts';
import type { Bank } from './bank/bank.ts';

/**
 * Asks the bank for a call. One that was perhaps sent before is first asked about; what the bank does not know then is sent again, the
 * same under the same key, since it may still be on its way. Whatever error comes of it: nobody can tell whether it was carried out.
 */
export function askBank(bank: Bank): (call: DueCall, signal: AbortSignal) => Promise<AskedCall> {
  return async function ask(call, signal) {
    const { order, wasAsked } = claimOf(call);
    try {
      const before = wasAsked ? await bank.find(order.key, signal) : undefined;
      const answer = before === undefined || before.kind === 'notFound' ? await bank.move(order, signal) : before;
      return { kind: 'answered', call, answer };
    } catch (error) {
      throw asUnknown(error);
    }
  };
}

/** Also an error that may pass is a try: the stage makes none by itself, since tries are counted in the rows. */
function asUnknown(error: unknown): unknown {
  if (!(error instanceof WeirError) || error.kind !== 'transient') return error;
  return new WeirError(error.code, error.message, { kind: 'unknown', isAnswer: error.isAnswer, cause: error });
}
