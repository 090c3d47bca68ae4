import { describe, expect, it } from 'vitest';
import { nightReader, type NightPorts } from '../../../pipelines/deposits/nightReader.ts';
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
    projections: { foreign: (keys) => Promise.resolve(keys.slice(0, 1).map((key) => ({ ...key, value: Buffer.from('5') }))) },
  };
}

/** Reads from a place to the end, in pages. */
async function read(limit: number, from?: string): Promise<readonly SettleRow[]> {
  const reader = nightReader(ports(), night);
  const rows: SettleRow[] = [];
  for (let place = from; ;) {
    const page = await reader.page(place, limit);
    expect(page.length).toBeLessThanOrEqual(limit);
    const last = page.at(-1);
    if (last === undefined) return rows;
    rows.push(...page);
    place = reader.positionOf(last);
  }
}

const nameOf = (row: SettleRow): string => (row.kind === 'strange' ? row.key : `${row.kind} ${row.userId}`);

const all = [
  ...['owed 1', 'owed 5', 'owed 9'],
  ...['staged 1', 'staged 17', 'staged 5', 'staged 21', 'staged 5'],
  ...['staged 29', 'staged 37'],
  ...['behind 1', 'behind 13'],
];

describe('a night is read', () => {
  it.each([1, 2, 3, 100])('pass by pass, only users of its shard and days that have come, in pages of %i', async (limit) => {
    expect((await read(limit)).map(nameOf)).toEqual(all);
  });

  it('from wherever another has left it, and nobody who may not be shown is left out', async () => {
    const rows = await read(2);
    for (const [place, row] of rows.entries()) {
      // Whom the ledger owes has been moved with the place; who is staged may not have been shown yet.
      const left = row.kind === 'owed' ? all.slice(place + 1) : all.slice(3);
      expect((await read(2, row.place)).map(nameOf)).toEqual(left);
    }
  });
});
