/** The first and the last of some billing months (`YYYY-MM-DD`): a range that lets PostgreSQL leave other partitions alone. */
export function monthRange(bills: readonly { readonly billingDate: string }[]): readonly [first: string, last: string] {
  const months = bills.map(({ billingDate }) => billingDate).sort();
  return [months[0] ?? '', months.at(-1) ?? ''];
}
