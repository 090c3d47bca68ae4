/**
 * Whether a key belongs to another payment than this one, of the same gateway, for statements: it is the other's own, or what was captured
 * under it goes back for the other. A refund that waits for a person since nobody knows whose money it is claims no key.
 */
export function isKeyOfAnother(payment: string, key: string): string {
  return `(EXISTS (
    SELECT FROM payments.payment AS other
    WHERE other.method = ${payment}.method AND other.transaction_key = ${key} AND other.id <> ${payment}.id
  ) OR EXISTS (
    SELECT FROM payments.refund AS back JOIN payments.payment AS other ON other.id = back.payment_id
    WHERE back.transaction_key = ${key} AND back.park_reason IS DISTINCT FROM 'KEY_MISMATCH'
      AND other.method = ${payment}.method AND other.id <> ${payment}.id
  ))`;
}
