import { storableText } from '../shared/storableText.ts';
import { passes, placeText, readPlace, shardCount, shardOf, type Pass, type Place } from './settlePart.ts';
import type { FoundKey, ProjectionStore } from './projectionStore.ts';
import type { OwedStore } from './owedStore.ts';
import type { SettleRow } from './settleRow.ts';
import type { StagedStore } from './stagedStore.ts';
import type { RowReader } from '../../src/runtime/jobs/job.ts';
import { parseStagedKey, type StagedKey } from './stagedKey.ts';

/** What a night reads. */
export interface NightPorts {
  readonly owed: OwedStore;
  readonly staged: StagedStore;
  readonly projections: Pick<ProjectionStore, 'foreign'>;
}

/** The shard of users whose night is read. */
export interface Night {
  readonly shard: number;
  /** Up to and with which day, `YYYY-MM-DD`. */
  readonly day: string;
}

type Page = readonly SettleRow[];

/**
 * Reads a shard of a night, pass by pass. What a pass has read may still be under way when the next one begins; so each finds what it needs
 * also where that is not written yet, and reading somebody twice does no harm. A look at all keys of Redis has no place to go on from: a
 * restart in the middle begins it again. So do all passes after the first: of what was read, the money is moved, but whoever did it may have
 * died before Redis showed it.
 */
export function nightReader(ports: NightPorts, night: Night): RowReader<SettleRow> {
  const scan = scanner(ports, night);
  const rowsOf = (kind: 'owed' | 'behind', pass: Pass, users: readonly bigint[]): Page =>
    users.map((userId) => ({ kind, userId, place: placeText({ pass, day: '', after: userId.toString() }) }));
  const pageOf: Readonly<Record<Pass, (place: Place, limit: number) => Promise<Page>>> = {
    owed: async ({ after }, limit) => rowsOf('owed', 'owed', await ports.owed.page(night, BigInt(after || '0'), limit)),
    staged: (place, limit) => stagedPage(ports, night, place, limit),
    found: (_place, limit) => scan(limit),
    moving: async ({ after }, limit) => rowsOf('behind', 'moving', await ports.owed.page(night, BigInt(after || '0'), limit)),
    behind: async ({ after }, limit) => rowsOf('behind', 'behind', await ports.owed.pageBehind(night, BigInt(after || '0'), limit)),
  };
  let isFirst = true;
  return {
    positionOf: ({ place }) => place,
    page: async (after, limit) => {
      let place = readPlace(after);
      if (isFirst && place.pass !== 'owed') place = { pass: 'staged', day: '', after: '' };
      isFirst = false;
      for (const pass of passes.slice(passes.indexOf(place.pass))) {
        if (pass !== place.pass) place = { pass, day: '', after: '' };
        const page = await pageOf[pass](place, limit);
        if (page.length > 0) return page;
      }
      return [];
    },
  };
}

/** The next users of the shard in the indexes of days that have come, the oldest day first. */
async function stagedPage({ staged, projections }: NightPorts, { shard, day: night }: Night, place: Place, limit: number): Promise<Page> {
  for (const day of await staged.days(night)) {
    if (day < place.day) continue;
    let after = day === place.day && place.after !== '' ? place.after : undefined;
    for (;;) {
      // The index is that of all shards.
      const members = await staged.page(day, after, limit * shardCount);
      const named = members.flatMap((member) => parseStagedKey(`user:${member}:batch_balance:${day}`) ?? []);
      const ours = named.filter(({ userId }) => shardOf(userId) === shard).slice(0, limit);
      if (ours.length > 0) {
        const keys = await readKeys(projections, ours);
        return keys.map((key) => ({ kind: 'staged', ...key, place: placeText({ pass: 'staged', day, after: key.userId.toString() }) }));
      }
      if (members.length < limit * shardCount) break;
      after = members.at(-1);
    }
  }
  return [];
}

/** Staged keys with what other programs have written there. */
async function readKeys(projections: NightPorts['projections'], keys: readonly StagedKey[]): Promise<readonly FoundKey[]> {
  if (keys.length === 0) return [];
  const foreign = new Map((await projections.foreign(keys)).map(({ userId, day, value }) => [`${userId} ${day}`, value]));
  return keys.map(({ userId, day }) => ({ userId, day, value: foreign.get(`${userId} ${day}`) }));
}

/**
 * Looks at all keys once, and gives what it finds in pages; Redis may show a key twice. One look serves all shards: that of the last, when
 * most of what the others have in the indexes is done.
 */
function scanner({ staged, projections }: NightPorts, { shard, day: night }: Night): (limit: number) => Promise<Page> {
  let cursor: string | undefined = shard === shardCount - 1 ? '0' : undefined;
  let waiting: SettleRow[] = [];
  let found = 0;
  const nextPlace = (): string => placeText({ pass: 'found', day: '', after: String((found += 1)) });
  return async (limit) => {
    while (waiting.length < limit && cursor !== undefined) {
      const step = await staged.scan(cursor);
      cursor = step.next;
      const due = step.keys.filter(({ day }) => day <= night);
      const values = step.strange.length === 0 ? [] : await staged.values(step.strange);
      for (const key of await readKeys(projections, due)) waiting.push({ kind: 'staged', ...key, place: nextPlace() });
      for (const [index, key] of step.strange.entries()) {
        waiting.push({ kind: 'strange', key: storableText(key.toString()), value: values[index] ?? Buffer.alloc(0), place: nextPlace() });
      }
    }
    const page = waiting.slice(0, limit);
    waiting = waiting.slice(limit);
    return page;
  };
}
