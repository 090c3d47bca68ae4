import type { Address } from '../mailer.ts';

/**
 * The reply of a mail server without its recipient: replies are kept, and often repeat what the server was told, in a spelling
 * of their own. Words with an address, with the recipient's local part or a word of the name, or with letters beyond ASCII
 * become `…`; codes and queue ids stay.
 */
export function withoutRecipient(reply: string, { name, address }: Address): string {
  const localPart = address.slice(0, address.lastIndexOf('@'));
  const told = [localPart, ...name.split(/\s+/)].filter((part) => part.length > 1).map((part) => part.toLowerCase());
  const isTelling = (word: string): boolean =>
    word.includes('@') || !/^[\x20-\x7e]*$/.test(word) || told.some((part) => word.toLowerCase().includes(part));
  return reply
    .split(/\s+/)
    .map((word) => (isTelling(word) ? '…' : word))
    .join(' ');
}
