const tables = [
  'remittance.kcd_bank_account_deposit_failures',
  'remittance.kcd_bank_account_withdrawal_failures',
  'remittance.biz_remittance_request_failures',
];

const each = (condition: string): string =>
  tables
    .map((table) => `SELECT request_id, park_reason AS reason FROM ${table} WHERE park_reason IS NOT NULL AND ${condition}`)
    .join(' UNION ALL ');

/**
 * SQL: every failure of a request that waits for a person: `request_id`, `reason`. What stands here is what is true: a request only repeats
 * it, and not once it has its end.
 */
export const parkedFailures = each('request_id IS NOT NULL');

/** SQL: the reason of those of one request, the first by name; null where none is parked. `requestId`: the column that names it, with its table. */
export function parkReasonOf(requestId: string): string {
  return `(SELECT min(reason) FROM (${each(`request_id = ${requestId}`)}) AS parked_failure)`;
}
