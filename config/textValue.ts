/** What a text of the command line or the environment may stand for: a number, a boolean, a list by commas. */
export function textValue(text: string): unknown {
  if (/^-?\d+(\.\d+)?$/.test(text)) return Number(text);
  if (text === 'true' || text === 'false') return text === 'true';
  return text.split(',').map((part) => part.trim());
}
