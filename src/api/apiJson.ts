/** What is answered: JSON whose `bigint`s are written in digits alone, as amounts are read. */
export type ApiJson = string | number | bigint | boolean | null | undefined | readonly ApiJson[] | { readonly [name: string]: ApiJson };

/** `JSON.rawJSON` as Node has it: a text that stands in the JSON as it is. */
interface RawJson {
  rawJSON(text: string): unknown;
}

/** The text of an answer. */
export function jsonText(value: ApiJson): string {
  return JSON.stringify(value, (_, inner: unknown) =>
    typeof inner === 'bigint' ? (JSON as unknown as RawJson).rawJSON(inner.toString()) : inner,
  );
}
