import { z } from 'zod';

/** An address with its credentials: one that a client could not read is told as wrong, not tried. */
export const address = (scheme: RegExp, expected: string): z.ZodString =>
  z.string().refine((text) => scheme.test(text) && isUrl(text), expected);

function isUrl(text: string): boolean {
  try {
    const { username, password } = new URL(text);
    decodeURIComponent(`${username}${password}`);
    return true;
  } catch {
    return false;
  }
}
