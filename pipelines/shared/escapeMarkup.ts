import { oneLine } from './oneLine.ts';

const entities: Readonly<Record<string, string>> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;', "'": '&#39;' };

/** Text as it stands between tags and in attributes of HTML and XML; control characters, for which XML has no place, are spaces. */
export function escapeMarkup(text: string): string {
  return oneLine(text).replace(/[&<>"']/g, (character) => entities[character] ?? '');
}
