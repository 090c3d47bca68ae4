import { isOpenRequest } from './isOpenRequest.ts';

/**
 * SQL about `request`, a request: its state says on which account of ours its money is. `holds`: whether on any, with the words of the index over
 * open requests. `account`: on which; one that is suspended is looked up, there are few. `isBooked`: whether the ledger has the transfer that has
 * brought it there.
 */
export const moneyOfOurs = {
  holds: `request.state IN ('DEPOSITED', 'WITHDRAWN', 'RETURNING') AND ${isOpenRequest('request.state')}`,
  account: `CASE
      WHEN request.state = 'DEPOSITED' THEN 'POOL'
      WHEN request.state = 'RETURNING' AND EXISTS (
        SELECT FROM remittance.kcd_bank_account_records WHERE request_id = request.id AND kind = 'SUSPENDED') THEN 'SUSPENSE'
      ELSE 'TRANSIT'
    END`,
  isBooked: `EXISTS (SELECT FROM remittance.kcd_bank_account_records WHERE request_id = request.id
      AND kind = CASE request.state WHEN 'DEPOSITED' THEN 'MOVED_IN' WHEN 'WITHDRAWN' THEN 'WITHDRAWN' ELSE 'SENT_BACK' END)`,
} as const;
