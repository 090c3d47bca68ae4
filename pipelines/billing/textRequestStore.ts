import type { Transaction } from '../../src/connectors/database.ts';
import { WeirError } from '../../src/errors.ts';
import { defer, skip, type Answer } from '../../src/message/decision.ts';
import { idsOf } from './dispatchStore.ts';
import { monthRange } from './monthRange.ts';
import { requested } from './operatorStore.ts';
import type { FoundBill, RedispatchTimes } from './redispatchPart.ts';
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

/**
 * Marks bills that are to be sent as SMS as waiting since `asOf`, held by nobody, before they are published: those that are due,
 * whose message was lost, or whose holder died while the endpoint still remembers the key. What moved on meanwhile is skipped.
 */
export async function markTexts(
  transaction: Transaction,
  bills: readonly FoundBill[],
  { asOf, textLostBefore, textRepeatAfter }: RedispatchTimes,
): Promise<readonly Answer<FoundBill>[]> {
  const values = [...monthRange(bills), idsOf(bills), asOf, textLostBefore, textRepeatAfter, requested];
  const rows = await transaction.query<{ id: bigint }>({ text: mark, values, name: 'billing.markTexts' });
  const marked = new Set(rows.map(({ id }) => id));
  return bills.map((bill) => (marked.has(bill.billId) ? bill : skip('was taken meanwhile')));
}

// What bears the run's own time was marked by an earlier try of this chunk and goes on to be published. Intervals of timestamps have
// days, which are not always 24 hours long: so the time is reckoned in seconds.
const mark = `
  WITH held AS (
    SELECT bill.id, bill.billing_date, attempt.started_at,
      bill.lease_until < clock_timestamp() AND attempt.channel = 'SMS' AND attempt.started_at > $6 AS was_left,
      bill.lease_until = 'infinity' AND coalesce(bill.text_not_after > $4, true) AND (bill.text_not_before <= $4
        OR bill.text_not_before IS NULL AND (bill.pending_since < $5 OR bill.pending_since = $4)) AS is_waiting
    FROM billing.billing_p AS bill JOIN billing.send_attempt AS attempt ON attempt.id = bill.send_token
    WHERE bill.billing_date BETWEEN $1::timestamp AND $2::timestamp AND bill.id = ANY ($3::bigint[]) ORDER BY bill.id FOR UPDATE OF bill
  )
  UPDATE billing.billing_p AS bill
  SET lease_owner = $7, lease_until = 'infinity', pending_since = $4, text_not_before = NULL,
    text_not_after = CASE WHEN was_left THEN started_at + extract(epoch FROM $4::timestamptz - $6::timestamptz) * interval '1 second'
      ELSE bill.text_not_after END
  FROM held WHERE bill.id = held.id AND bill.billing_date = held.billing_date AND bill.billing_date BETWEEN $1::timestamp AND $2::timestamp
    AND (held.was_left OR held.is_waiting)
  RETURNING bill.id`;

function isText({ part }: FoundBill): boolean {
  return part.kind === 'text';
}

function requestOf({ billId, billingDate, publicInfoId, token }: FoundBill): RequestedText {
  if (token === undefined) throw new WeirError('defect', `Bill ${billId} waits to be sent as SMS without a token.`);
  return { billId, billingDate, publicInfoId, token };
}
