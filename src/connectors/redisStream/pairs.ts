/** Redis's flat list of names and values as a map; values are Buffers, numbers, null or lists of these. */
export function pairs(flat: readonly unknown[]): ReadonlyMap<string, unknown> {
  const map = new Map<string, unknown>();
  for (let index = 0; index + 1 < flat.length; index += 2) map.set(String(flat[index]), flat[index + 1]);
  return map;
}
