import { WeirError } from '../../errors.ts';

/** Error replies that pass: Redis starts, is full, is busy, fails over. */
const passing = /^(LOADING|BUSY|READONLY|MASTERDOWN|NOREPLICAS|CLUSTERDOWN|TRYAGAIN|MISCONF|OOM|UNKILLABLE)\b/;

/** An error reply begins with its code in capitals. */
const reply = /^[A-Z]{2,}(?= )/;

/**
 * What the client threw, in our words. Every command of this connector may be repeated, so whatever may pass is transient, a
 * lost reply too; and so is a refusal, since a password, a right or a name that is taken is no message's fault: all would fail
 * alike until somebody sets it right. The text names the code of the reply only: the client's own carries arguments. A mistake in
 * the program stays what it is.
 */
export function translateError(error: unknown): Error {
  if (error instanceof WeirError || error instanceof TypeError || error instanceof RangeError) return error;
  const text = error instanceof Error ? error.message : '';
  const code = reply.exec(text)?.[0];
  if (code === undefined) return new WeirError('unavailable', 'Redis cannot be reached or closed the connection', { cause: error });
  if (passing.test(text)) return new WeirError('unavailable', `Redis answers ${code}`, { cause: error });
  return new WeirError('refused', `Redis refuses a command: ${code}`, { cause: error, kind: 'transient' });
}

/** True where no reply came since the connection was lost, or not had. */
export function isLost(error: unknown): boolean {
  return error instanceof WeirError && error.code === 'unavailable' && !(error.cause instanceof Error && reply.test(error.cause.message));
}

/** True for the error reply with this code. */
export function isReply(error: unknown, code: string): boolean {
  const root = error instanceof WeirError ? error.cause : error;
  return root instanceof Error && root.message.startsWith(`${code} `);
}
