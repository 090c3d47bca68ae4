/** Text of others as the database takes it: without zero characters, and without half a character where it was cut. */
export function storableText(text: string): string {
  return text.replaceAll('\0', '\ufffd').toWellFormed();
}
