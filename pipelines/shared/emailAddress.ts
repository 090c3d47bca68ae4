/** An address as it is compared and looked up: trimmed, one spelling of each letter, lower case. */
export function normalizeEmail(address: string): string {
  return address.trim().normalize('NFC').toLowerCase();
}

/** The domain of an address, in lower case: what rate limits of a destination go by. Empty for a text without `@`. */
export function domainOf(address: string): string {
  const at = address.lastIndexOf('@');
  return at < 0 ? '' : normalizeEmail(address.slice(at + 1));
}
