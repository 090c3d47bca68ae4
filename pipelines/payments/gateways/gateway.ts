import type { HttpAnswer } from '../../../src/connectors/httpClient.ts';
import { readAnswer } from '../../../src/connectors/readAnswer.ts';
import { WeirError } from '../../../src/errors.ts';
import type { ChargeName, GatewayAnswer } from '../payment.ts';

/** Money that is to be given back, and the key under which the gateway is asked for it, always the same. */
export interface RefundRequest {
  readonly key: string;
  readonly transactionKey: string;
  readonly amountMinor: bigint;
}

/** What a gateway says of a refund. */
export type RefundAnswer =
  | { readonly kind: 'done' }
  /** It will be done. */
  | { readonly kind: 'accepted' }
  /** It will never be done by itself; `why` is the gateway's own word. */
  | { readonly kind: 'refused'; readonly why: string }
  /** The gateway knows nothing of it. */
  | { readonly kind: 'notFound' };

/**
 * One payment gateway in its own manner of speaking. Every call is one exchange under its signal, and errors are those of `HttpClient`;
 * an answer that is not what the gateway's manner allows is `unavailable`, since nothing may be concluded from it.
 */
export interface PaymentGateway {
  /** What became of a charge: by its key where there is one, and by its number where there is none or it is not known. */
  ask(charge: ChargeName, signal: AbortSignal): Promise<GatewayAnswer>;
  /** Asks for a refund. The same key again is the same refund. */
  refund(request: RefundRequest, signal: AbortSignal): Promise<RefundAnswer>;
  /** What became of a refund. */
  askRefund(request: RefundRequest, signal: AbortSignal): Promise<RefundAnswer>;
}

/** Reads an answer as JSON of a shape. `unavailable` where it is anything else. */
export function readGateway<T>(gateway: string, answer: HttpAnswer, shape: Parameters<typeof readAnswer<T>>[1]): T {
  return readAnswer(answer, shape, () => new WeirError('unavailable', `The ${gateway} gateway answered in a form that it does not have.`));
}

/** Throws where the gateway speaks of another charge than it was asked about. */
export function requireSame(gateway: string, asked: string, answered: string): void {
  if (asked !== answered)
    throw new WeirError('unavailable', `The ${gateway} gateway answered about another payment than it was asked about.`);
}
