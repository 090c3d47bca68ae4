import type { Address, Mail, Mailer } from '../../src/connectors/mailer.ts';
import { kindOf, textOf, WeirError } from '../../src/errors.ts';
import { decryptField } from '../../src/message/encryption.ts';
import type { KeyRing } from '../../src/message/keyRing.ts';
import { readDetails } from './billingDetails.ts';
import { composeBillMail } from './billMail.ts';
import { claimOf, sent, type SendableBill, type SentBill } from './delivery.ts';

/** What sending a bill's mail needs. */
export interface BillMailPorts {
  readonly mailer: Pick<Mailer, 'send'>;
  readonly keyRing: KeyRing;
  readonly sender: Address;
}

/**
 * Makes the effect that mails a claimed bill: opens name and address, composes, sends. Only here, for the length of a call, are
 * they in the clear. Errors are the mailer's; `decryption` when name or address do not open, `keyMissing` while this process has not
 * their key, `undecodable` when the details cannot be read, `defect` (permanent: the bill has failed, and can be sent again once it
 * is mended) for a mistake in composing: nothing was sent then.
 */
export function sendBillMail({ mailer, keyRing, sender }: BillMailPorts): (send: SendableBill, signal: AbortSignal) => Promise<SentBill> {
  return async function send(sendable, signal) {
    const { response } = await mailer.send(composed(sendable), signal);
    return sent(sendable, response);
  };

  function composed(sendable: SendableBill): Mail {
    const claimed = claimOf(sendable);
    const { billId, billingDate, publicInfoId } = sendable.bill;
    const owner = publicInfoId.toString();
    try {
      const recipient = {
        name: decryptField(keyRing, owner, 'name', claimed.encryptedName),
        address: decryptField(keyRing, owner, 'email', claimed.encryptedEmail),
      };
      const details = readDetails(claimed.details);
      return composeBillMail({ billId, billingDate, recipient, details, lines: claimed.lines }, sender);
    } catch (error) {
      if (kindOf(error) !== 'defect') throw error;
      throw new WeirError('defect', `The mail of bill ${billId} could not be made: ${textOf(error)}.`, { cause: error, kind: 'permanent' });
    }
  }
}
