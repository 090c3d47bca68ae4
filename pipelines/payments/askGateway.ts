import type { Gate } from '../../operators/gate.ts';
import { unlessShut } from '../../operators/unlessShut.ts';
import type { PaymentGateway, RefundAnswer, RefundRequest } from './gateways/gateway.ts';
import type { DuePayment, Method, PaymentReport } from './payment.ts';

/** A gateway behind its breaker. */
export interface GatedGateway {
  readonly gateway: PaymentGateway;
  readonly gate: Gate;
}

/** The gateways that are set up; payments of the others wait. */
export type Gateways = Readonly<Partial<Record<Method, GatedGateway>>>;

/** Nothing became known: the gateway does not answer, and nothing changes. */
export interface Unanswered {
  readonly kind: 'unanswered';
}

const unanswered: Unanswered = { kind: 'unanswered' };

/** How calls end that bring no answer: a question may be asked twice, and what stays unanswered is left to the next run. */
export const nextRunAsks = { refused: () => unanswered, later: () => unanswered, unknown: 'retry' } as const;

/** A payment about which something became known. */
export interface Reported extends PaymentReport {
  readonly kind: 'reported';
}

/**
 * Asks the gateway of a payment what became of it. While its breaker is shut it is not asked: the next run does, and a run that waited
 * for one gateway would keep the others from being asked again.
 */
export function askGateway(gateways: Gateways): (payment: DuePayment, signal: AbortSignal) => Promise<Reported | Unanswered> {
  return async function ask(payment, signal) {
    const answer = await throughGate(gateways[payment.method], signal, (gateway) => gateway.ask(payment, signal));
    return answer === undefined ? unanswered : { kind: 'reported', paymentId: payment.paymentId, answer };
  };
}

/** A refund that a gateway is asked for. */
export interface DueRefund extends RefundRequest {
  readonly refundId: bigint;
  readonly method: Method;
  /** Whether it was asked for before: then what became of that is found out first. */
  readonly wasSent: boolean;
}

/** What became of a refund. */
export interface RefundReport {
  readonly kind: 'refund';
  readonly refundId: bigint;
  readonly answer: RefundAnswer;
}

/**
 * Asks a gateway for a refund, or what became of it; what it knows nothing of is asked for again under the same key. A refund that
 * comes here again, since the answer was lost, is asked about first like one of an earlier run.
 */
export function askRefund(gateways: Gateways): (refund: DueRefund, signal: AbortSignal) => Promise<RefundReport | Unanswered> {
  const sent = new WeakSet<DueRefund>();
  return async function giveBack(refund, signal) {
    const answer = await throughGate(gateways[refund.method], signal, async (gateway) => {
      const before = refund.wasSent || sent.has(refund) ? await gateway.askRefund(refund, signal) : undefined;
      if (before !== undefined && before.kind !== 'notFound') return before;
      sent.add(refund);
      return gateway.refund(refund, signal);
    });
    return answer === undefined ? unanswered : { kind: 'refund', refundId: refund.refundId, answer };
  };
}

async function throughGate<T>(
  gated: GatedGateway | undefined,
  signal: AbortSignal,
  call: (gateway: PaymentGateway) => Promise<T>,
): Promise<T | undefined> {
  return gated && unlessShut(gated.gate, signal, () => call(gated.gateway));
}
