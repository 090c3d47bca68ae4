import { codeOf, textOf } from '../../src/errors.ts';
import type { DispatchedBill } from './dispatchedBill.ts';
import { publishBills, type Emails } from './publishBills.ts';
import { textMessage, type RequestedText } from './requestedText.ts';

/** Publishes a member's bills that an operator has marked, after the commit, and not only with the next redispatch. */
export type PublishSoon = (publicInfoId: bigint) => void;

/** Bills that an operator has marked and nobody has taken: to be mailed, and to be sent as SMS. */
export interface MarkedBills {
  readonly bills: readonly DispatchedBill[];
  readonly requests: readonly RequestedText[];
}

export interface PublishSoonPorts {
  readonly markedOf: (publicInfoId: bigint) => Promise<MarkedBills>;
  readonly emails: Emails;
  readonly textRequests: Emails;
  readonly log: { warn(sentence: string, fields: { readonly code: string; readonly error: string }): void };
}

/**
 * Makes the publisher. It only saves the wait: what it cannot publish is logged, and found by the next redispatch. A bill that is
 * published by both is sent once, since the second message finds it taken.
 */
export function publishSoon({ markedOf, emails, textRequests, log }: PublishSoonPorts): PublishSoon {
  const publish = publishBills(emails);
  const publishAll = async (publicInfoId: bigint): Promise<void> => {
    const { bills, requests } = await markedOf(publicInfoId);
    if (bills.length > 0) await publish(bills);
    if (requests.length > 0) await textRequests.write(requests.map(textMessage));
  };
  return (publicInfoId) => {
    publishAll(publicInfoId).catch((error: unknown) => {
      log.warn('what an operator asked for waits for the next redispatch', { code: codeOf(error), error: textOf(error) });
    });
  };
}
