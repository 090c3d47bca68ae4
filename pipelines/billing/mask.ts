/*
 * Personal data as operators see it: enough to recognise whom one speaks with, not enough to write it down.
 */

const letters = new Intl.Segmenter('ko', { granularity: 'grapheme' });

function lettersOf(text: string): readonly string[] {
  return Array.from(letters.segment(text), ({ segment }) => segment);
}

/** The first and the last letter: `홍*동`, `김*`. */
export function maskName(name: string): string {
  const all = lettersOf(name);
  const [first = ''] = all;
  if (all.length <= 2) return `${first}*`;
  return `${first}${'*'.repeat(all.length - 2)}${all.at(-1) ?? ''}`;
}

/** The first letter and the domain: `g***@example.com`. */
export function maskEmail(address: string): string {
  const at = address.lastIndexOf('@');
  if (at < 0) return '***';
  const [first = ''] = lettersOf(address.slice(0, at));
  return `${first}***${address.slice(at)}`;
}

/** The last four digits: `***-5678`. */
export function maskPhone(phone: string): string {
  return `***-${phone.replaceAll(/\D/g, '').slice(-4)}`;
}

/** What a line of usage may be called before whoever may not read its description: codes, which name nobody. */
const services = new Set(['VOICE', 'DATA', 'MESSAGE', 'ROAMING', 'CONTENT', 'PLAN']);

/**
 * The service alone, where it is one of those known: `DATA ***`. A description is free text of another system, in which numbers, addresses
 * and names stand however they were written.
 */
export function maskUsage(service: string): string {
  return services.has(service) ? `${service} ***` : '***';
}
