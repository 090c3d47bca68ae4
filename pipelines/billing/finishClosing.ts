/**
 * The statement that ends closings that were begun, of the periods for which `which` holds: it waits for the writers that are
 * still in one of them, and from its commit on the usage of that period does not change. Touches one row a period.
 */
export function finishClosing(which: string): string {
  return `
  WITH abandoned AS MATERIALIZED (
    SELECT period FROM billing.billing_period
    WHERE closing_at IS NOT NULL AND closed_at IS NULL AND ${which}
    ORDER BY period FOR UPDATE
  )
  UPDATE billing.billing_period SET closed_at = closing_at FROM abandoned WHERE billing_period.period = abandoned.period`;
}
