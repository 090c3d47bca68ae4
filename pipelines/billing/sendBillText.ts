import type { Texter } from '../../src/connectors/texter.ts';
import { WeirError } from '../../src/errors.ts';
import { decryptField } from '../../src/message/encryption.ts';
import type { KeyRing } from '../../src/message/keyRing.ts';
import { readDetails } from './billingDetails.ts';
import { composeBillText, phoneNumber } from './billText.ts';
import { claimedText, type SendableText, type SentText } from './textDelivery.ts';

/** What sending a bill's SMS needs. */
export interface BillTextPorts {
  /** Undefined where none is set up: then an SMS that was asked for waits. */
  readonly texter: Pick<Texter, 'send'> | undefined;
  readonly keyRing: KeyRing;
  /** Who the SMS is from, as members read it. */
  readonly senderName: string;
}

/**
 * Makes the effect that sends a claimed bill as SMS, under its token as idempotency key. Only here, for the length of a call, is the
 * number in the clear. Errors are the texter's; `keyMissing` while this process has not its key, `decryption`, `undecodable`
 * and `refused` for what cannot be sent at all.
 */
export function sendBillText({
  texter,
  keyRing,
  senderName,
}: BillTextPorts): (send: SendableText, signal: AbortSignal) => Promise<SentText> {
  return async function sendText(sendable, signal) {
    const { request } = sendable;
    const { details, encryptedPhone } = claimedText(sendable);
    if (texter === undefined) throw new WeirError('unavailable', 'No SMS endpoint is set up: set sms.url.');
    const to = phoneNumber(decryptField(keyRing, request.publicInfoId.toString(), 'phone', encryptedPhone));
    const text = composeBillText({ billingDate: request.billingDate, details: readDetails(details) }, senderName);
    const { id } = await texter.send({ to, text, idempotencyKey: `weir-bill-${request.token}` }, signal);
    return { kind: 'sent', request, response: id };
  };
}
