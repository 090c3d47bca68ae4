/**
 * The name among `names` that was probably meant: one with the same last word at another place, else the one with the fewest
 * letters changed, left out or added, while those are no more than a third of it. Undefined where none is near.
 */
export function alike(given: string, names: readonly string[]): string | undefined {
  const lastWord = (name: string): string | undefined => name.split('.').at(-1)?.toLowerCase();
  const displaced = names.filter((name) => lastWord(name) === lastWord(given));
  if (displaced.length > 0) return displaced.join(' or ');
  const [nearest] = names
    .map((name) => ({ name, changes: changesBetween(given.toLowerCase(), name.toLowerCase()) }))
    .filter(({ name, changes }) => changes * 3 <= name.length)
    .sort((left, right) => left.changes - right.changes);
  return nearest?.name;
}

/** Letters to change, leave out or add until one text is the other (Levenshtein). */
function changesBetween(left: string, right: string): number {
  let row = Array.from({ length: right.length + 1 }, (_, index) => index);
  for (let at = 0; at < left.length; at += 1) {
    const next = [at + 1];
    for (let column = 0; column < right.length; column += 1) {
      const changed = (row[column] ?? 0) + (left[at] === right[column] ? 0 : 1);
      next.push(Math.min(changed, (row[column + 1] ?? 0) + 1, (next[column] ?? 0) + 1));
    }
    row = next;
  }
  return row[right.length] ?? 0;
}
