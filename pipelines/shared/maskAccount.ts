/** An account number as operators see it: its last four digits or letters, `***3211`; of a short one nothing. */
export function maskAccount(accountNumber: string): string {
  const plain = accountNumber.replaceAll('-', '');
  return plain.length <= 4 ? '***' : `***${plain.slice(-4)}`;
}
