const isoInstant = /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}(\.\d+)?(Z|[+-]\d{2}:?\d{2})$/;

/** An instant as every table shows it, whatever the zone of whoever looks: `2026-11-22 04:15:09 UTC`. */
export function instantText(at: Date): string {
  return `${at.toISOString().slice(0, 19).replace('T', ' ')} UTC`;
}

/** A text as tables show it: an instant in ISO 8601, as JSON carries them, as `instantText` writes it; any other as it is. */
export function textWithInstant(text: string): string {
  const at = isoInstant.test(text) ? new Date(text) : undefined;
  return at === undefined || Number.isNaN(at.getTime()) ? text : instantText(at);
}
