import type { Database } from '../../src/connectors/database.ts';
import { codeOf, textOf } from '../../src/errors.ts';
import { billColumns, readBills, type BillRow } from './dispatchStore.ts';
import { publishBills, type Emails } from './publishBills.ts';
import { textMessage, type Texts } from './publishTexts.ts';

/** Publishes a member's bills that an operator has marked, after the commit, and not only with the next redispatch. */
export type PublishSoon = (publicInfoId: bigint) => void;

export interface PublishSoonPorts {
  readonly database: Database;
  readonly emails: Emails;
  readonly textRequests: Texts;
  /** Calendar time. */
  readonly now: () => Date;
  readonly log: { warn(sentence: string, fields: { readonly code: string; readonly error: string }): void };
}

/**
 * Makes the publisher. It only saves the wait: what it cannot publish is logged, and found by the next redispatch. A bill that is
 * published by both is sent once, since the second message finds it taken.
 */
export function publishSoon({ database, emails, textRequests, now, log }: PublishSoonPorts): PublishSoon {
  const publish = publishBills(emails);
  const publishAll = async (publicInfoId: bigint): Promise<void> => {
    const due = readBills(await database.query<BillRow>({ text: forced, values: [publicInfoId, now()] }));
    if (due.length > 0) await publish(due);
    const texts = await database.query<RequestRow>({ text: requestedTexts, values: [publicInfoId] });
    const requests = texts.map(({ id, billing_date, send_token }) => ({
      ...{ billId: id, billingDate: billing_date, publicInfoId, token: send_token },
    }));
    if (requests.length > 0) await textRequests.write(requests.map(textMessage));
  };
  return (publicInfoId) => {
    publishAll(publicInfoId).catch((error: unknown) => {
      log.warn('what an operator asked for waits for the next redispatch', { code: codeOf(error), error: textOf(error) });
    });
  };
}

interface RequestRow {
  readonly id: bigint;
  readonly billing_date: string;
  readonly send_token: bigint;
}

const forced = `
  SELECT ${billColumns} FROM billing.billing_p AS bill JOIN billing.member USING (public_info_id)
  WHERE bill.public_info_id = $1 AND bill.send_status = 'SEND_PENDING' AND bill.quiet_override AND bill.next_attempt_at <= $2`;

const requestedTexts = `
  SELECT id, billing_date::date AS billing_date, send_token FROM billing.billing_p
  WHERE public_info_id = $1 AND send_status = 'SENDING' AND lease_until = 'infinity'`;
