import { z } from 'zod';
import { decimalAmount } from '../decimalAmount.ts';
import { json, jsonIn, notHere, problem, type HttpAnswer } from '../httpAnswer.ts';
import type { Call } from '../httpFaults.ts';
import type { Asked } from '../httpSimulator.ts';
import type { Transfer, TransferStore } from './transferStore.ts';

const order = z.strictObject({
  kind: z.enum(['MOVE_IN', 'PAY_OUT', 'RETURN']),
  account: z.string().min(1).max(100),
  amount: decimalAmount,
});

/** What a client asks of a bank; `accepted` is told of each transfer that is taken for the first time. */
export function understoodTransfer(asked: Asked, transfers: TransferStore, accepted: (transfer: Transfer) => void): Call | HttpAnswer {
  const { method, parts } = asked;
  const [root, key, ...more] = parts;
  if (root !== 'transfers' || more.length > 0) return notHere;
  if (method === 'GET' && key !== undefined) return inquired(key, transfers);
  return method === 'POST' && key === undefined ? ordered(asked, transfers, accepted) : notHere;
}

/** The account and the key, so that faults are aimed at either. */
export function aboutTransfer({ account, key }: Pick<Transfer, 'account' | 'key'>): string {
  return `${account}/${key}`;
}

function inquired(key: string, transfers: TransferStore): Call {
  const known = transfers.find(key);
  return {
    about: known === undefined ? key : aboutTransfer(known),
    perform() {
      const transfer = transfers.find(key);
      return transfer === undefined ? problem(404, 'no such transfer') : json(shown(transfer));
    },
  };
}

function ordered({ header, body }: Asked, transfers: TransferStore, accepted: (transfer: Transfer) => void): Call | HttpAnswer {
  const key = header('idempotency-key');
  const { data } = order.safeParse(jsonIn(body));
  if (key === '' || key.length > 255 || data === undefined) {
    return problem(400, 'expected an Idempotency-Key and {kind, account, amount}, the amount as text and above zero');
  }
  return {
    about: aboutTransfer({ account: data.account, key }),
    perform() {
      const taken = transfers.take(key, data);
      if (taken === 'conflict') return problem(422, 'this Idempotency-Key was used for another transfer');
      if (taken.isNew) accepted(taken.transfer);
      return json(shown(taken.transfer), taken.transfer.status === 'ACCEPTED' ? 202 : 200);
    },
  };
}

function shown({ status, reason }: Transfer): object {
  return { status, ...(reason !== undefined && { reason }) };
}
