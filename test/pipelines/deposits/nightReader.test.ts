import { describe, expect, it } from 'vitest';
import { owedReader, shownReader, type NightPorts } from '../../../pipelines/deposits/nightReader.ts';
import { WeirError } from '../../../src/errors.ts';
import { realClock } from '../../../src/runtime/clock.ts';
import type { SettleRow } from '../../../pipelines/deposits/settleRow.ts';

const night = { shard: 1, day: '2026-11-25' };
const [owed, behind] = [
  [1n, 5n, 9n],
  [1n, 13n],
];
const indexes = new Map([
  ['2026-11-24', ['1', '17', '2', '5', 'junk']],
  ['2026-11-25', ['21', '5']],
  ['2026-11-26', ['25']],
]);
const after = (users: readonly bigint[], from: bigint, limit: number): readonly bigint[] =>
  users.filter((user) => user > from).slice(0, limit);

function ports(): NightPorts {
  return {
    owed: {
      count: () => Promise.resolve(new Map()),
      countAll: () => Promise.resolve(new Map()),
      isAnybody: () => Promise.resolve(false),
      page: (_night, from, limit) => Promise.resolve(after(owed, from, limit)),
      pageBehind: (_night, from, limit) => Promise.resolve(after(behind, from, limit)),
      pageAll: () => Promise.resolve([]),
    },
    staged: {
      days: (upTo) => Promise.resolve([...indexes.keys()].filter((day) => day <= upTo)),
      page: (day, from, limit) => Promise.resolve((indexes.get(day) ?? []).filter((member) => member > (from ?? '')).slice(0, limit)),
      scan: (cursor) =>
        Promise.resolve(
          cursor === '0'
            ? {
                keys: [
                  { userId: 29n, day: night.day },
                  { userId: 2n, day: night.day },
                ],
                strange: [],
                next: '7',
              }
            : {
                keys: [
                  { userId: 33n, day: '2026-11-26' },
                  { userId: 37n, day: '2026-11-20' },
                ],
                strange: [],
                next: undefined,
              },
        ),
      values: () => Promise.resolve([]),
    },
    clock: realClock,
    projections: { foreign: (keys) => Promise.resolve(keys.slice(0, 1).map((key) => ({ ...key, value: Buffer.from('5') }))) },
  };
}

/** Reads from a place to the end, in pages. */
async function read(limit: number, from?: string, readerOf = shownReader): Promise<readonly SettleRow[]> {
  const reader = readerOf(ports(), night);
  const rows: SettleRow[] = [];
  for (let place = from; ;) {
    const page = await reader.page(place, limit, new AbortController().signal);
    expect(page.length).toBeLessThanOrEqual(limit);
    const last = page.at(-1);
    if (last === undefined) return rows;
    rows.push(...page);
    place = reader.positionOf(last);
  }
}

const nameOf = (row: SettleRow): string => (row.kind === 'strange' ? row.key : `${row.kind} ${row.userId}`);

const all = [
  ...['staged 1', 'staged 17', 'staged 5', 'staged 21', 'staged 5'],
  ...['behind 1', 'behind 5', 'behind 9'],
  ...['behind 1', 'behind 13'],
];

describe('a night is read', () => {
  it.each([1, 2, 3, 100])('pass by pass, only users of its shard and days that have come, in pages of %i', async (limit) => {
    expect((await read(limit)).map(nameOf)).toEqual(all);
  });

  it('with what nobody has put into an index, of all shards, by the last of them: also what others have staged for later', async () => {
    const parts = { ...ports(), staged: { ...ports().staged, days: () => Promise.resolve([]) } };
    const reader = shownReader(parts, { ...night, shard: 3 });
    expect((await reader.page(undefined, 100, new AbortController().signal)).map(nameOf)).toEqual([
      ...['staged 29', 'staged 2', 'staged 33', 'staged 37'],
    ]);
  });

  it('also where Redis does not answer at first, while there is money to be moved', async () => {
    let asked = 0;
    const away = (): Promise<readonly string[]> => {
      asked += 1;
      return asked === 3 ? Promise.resolve([]) : Promise.reject(new WeirError('unavailable', 'Redis is away'));
    };
    const { owed: its, staged, ...rest } = ports();
    const parts = { ...rest, owed: { ...its, isAnybody: () => Promise.resolve(true) }, staged: { ...staged, days: away } };
    const { signal } = new AbortController();
    expect((await shownReader(parts, night).page(undefined, 100, signal)).map(nameOf)).toEqual(['behind 1', 'behind 5', 'behind 9']);
    asked = 0;
    const noMoney = { ...parts, owed: its };
    await expect(shownReader(noMoney, night).page(undefined, 100, signal)).rejects.toMatchObject({ code: 'unavailable' });
  });

  it('from the first pass by whoever goes on with it: what another has read may not be shown', async () => {
    for (const row of await read(2)) expect((await read(2, row.place)).map(nameOf)).toEqual(all);
  });

  it('and whom the ledger owes something, from behind the place where another has left it, without a question to Redis', async () => {
    expect((await read(2, undefined, owedReader)).map(nameOf)).toEqual(['owed 1', 'owed 5', 'owed 9']);
    expect((await read(2, '5', owedReader)).map(nameOf)).toEqual(['owed 9']);
  });
});
