import pg from 'pg';

type Parse = (text: string) => unknown;
type Nested<T> = readonly (T | null | Nested<T>)[];

// Object identifiers of the types, as in the server's pg_type catalogue.
const int8 = 20;
const date = 1082;
const timestamp = 1114;
const int8Array = 1016;
const textArray = 1009;
const timestampArray = 1115;
const dateArray = 1182;
const numericArray = 1231;

const asText: Parse = (text) => text;
const clientParser = pg.types.getTypeParser as (oid: number, format?: 'text' | 'binary') => Parse;
const parseTextArray = clientParser(textArray) as (text: string) => Nested<string>;

function toBigInts(items: Nested<string>): Nested<bigint> {
  return items.map((item) => (item === null ? null : typeof item === 'string' ? BigInt(item) : toBigInts(item)));
}

/**
 * The client's own parsers are wrong for money and for calendar dates: they read `numeric[]` as floats, `bigint` as text that
 * concatenates when it is added, and `date` and `timestamp` as an instant in the zone of the process.
 */
const parsers = new Map<number, Parse>([
  [int8, BigInt],
  [int8Array, (text) => toBigInts(parseTextArray(text))],
  [date, asText],
  [timestamp, asText],
  [dateArray, parseTextArray],
  [timestampArray, parseTextArray],
  [numericArray, parseTextArray],
]);

/**
 * Turns the server's text into values: `bigint` → bigint, `numeric` → text, `date` and `timestamp` → text, `timestamptz` → Date,
 * their arrays alike. Handed to each client, so that other users of the library in the process keep theirs.
 */
export const typeParsers: pg.CustomTypesConfig = {
  getTypeParser: (oid: number, format?: 'text' | 'binary'): Parse => parsers.get(oid) ?? clientParser(oid, format),
};
