/** Control characters and the line and paragraph separators of Unicode as spaces: nobody writes headers or lines of their own. */
export function oneLine(text: string): string {
  return text.replace(/[\p{Cc}\u2028\u2029]+/gu, ' ');
}
