import type { Transaction } from '../../src/connectors/database.ts';
import { WeirError } from '../../src/errors.ts';
import { defer, skip, type Answer } from '../../src/message/decision.ts';
import { idsOf } from './dispatchStore.ts';
import { monthRange } from './monthRange.ts';
import type { FoundBill } from './redispatchPart.ts';
import { textMessage, type RequestedText } from './requestedText.ts';

/** The writing end of `textTopic`. */
export interface Texts {
  /** Resolves when all messages are durable; on an error any of them may be. */
  write(messages: readonly { readonly key: string; readonly value: Uint8Array }[]): Promise<void>;
}

/**
 * Makes the step that publishes bills which wait to be sent as SMS, and ends them; the others go on to be mailed. One that is
 * published twice is sent once, since the second message finds it taken.
 */
export function publishTexts(texts: Texts): (bills: readonly FoundBill[]) => Promise<readonly Answer<FoundBill>[]> {
  return async function publishText(bills) {
    const requests = bills.filter(isText).map(requestOf);
    if (requests.length > 0) await texts.write(requests.map(textMessage));
    return bills.map((bill) => (isText(bill) ? defer('on its way as SMS') : bill));
  };
}

/** Bills that still wait to be sent as SMS; they are marked already, by whoever asked for it. What was taken meanwhile is skipped. */
export async function passRequested(transaction: Transaction, bills: readonly FoundBill[]): Promise<readonly Answer<FoundBill>[]> {
  const rows = await transaction.query<{ id: bigint }>({ text: stillRequested, values: [...monthRange(bills), idsOf(bills)] });
  const waiting = new Set(rows.map(({ id }) => id));
  return bills.map((bill) => (waiting.has(bill.billId) ? bill : skip('was taken meanwhile')));
}

const stillRequested = `
  SELECT id FROM billing.billing_p
  WHERE billing_date BETWEEN $1::timestamp AND $2::timestamp AND id = ANY ($3::bigint[]) AND lease_until = 'infinity'`;

function isText({ part }: FoundBill): boolean {
  return part.kind === 'text';
}

function requestOf({ billId, billingDate, publicInfoId, token }: FoundBill): RequestedText {
  if (token === undefined) throw new WeirError('defect', `Bill ${billId} waits to be sent as SMS without a token.`);
  return { billId, billingDate, publicInfoId, token };
}
