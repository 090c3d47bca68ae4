import { storableText } from '../shared/storableText.ts';
import { passes, placeText, readPlace, shardCount, shardOf, type Pass, type Place } from './settlePart.ts';
import type { FoundKey, ProjectionStore } from './projectionStore.ts';
import type { OwedStore } from './owedStore.ts';
import type { SettleRow } from './settleRow.ts';
import type { StagedStore } from './stagedStore.ts';
import { kindOf } from '../../src/errors.ts';
import type { Clock } from '../../src/message/clock.ts';
import { pause } from '../../src/message/pause.ts';
import type { RowReader } from '../../src/runtime/jobs/job.ts';
import { parseStagedKey, type StagedKey } from './stagedKey.ts';

/** What a night reads. */
export interface NightPorts {
  readonly owed: OwedStore;
  readonly staged: StagedStore;
  readonly projections: Pick<ProjectionStore, 'foreign'>;
  readonly clock: Clock;
}

/** The shard of users whose night is read. */
export interface Night {
  readonly shard: number;
  /** Up to and with which day, `YYYY-MM-DD`. */
  readonly day: string;
}

type Page = readonly SettleRow[];

/** Reads whom the ledger owes something until the night. */
export function owedReader({ owed }: Pick<NightPorts, 'owed'>, night: Night): RowReader<SettleRow> {
  return {
    positionOf: ({ place }) => place,
    page: async (after = '0', limit) => {
      const users = await owed.page(night, BigInt(after), limit);
      return users.map((userId) => ({ kind: 'owed', userId, place: userId.toString() }));
    },
  };
}

/**
 * Reads of whom Redis has to show something else, pass by pass. What a pass has read may still be under way when the next one begins; so each
 * finds what it needs also where that is not written yet, and reading somebody twice does no harm. Whoever goes on where another has died
 * begins from the first pass: what was read is settled, but Redis may not show it.
 *
 * While balances are being moved, a Redis that is away is asked again for a minute: its failures end the run, and money comes first.
 */
export function shownReader(ports: NightPorts, night: Night): RowReader<SettleRow> {
  const scan = scanner(ports, night);
  const rowsOf = (pass: Pass, users: readonly bigint[]): Page =>
    users.map((userId) => ({ kind: 'behind', userId, place: placeText({ pass, day: '', after: userId.toString() }) }));
  const pageOf: Readonly<Record<Pass, (place: Place, limit: number, signal: AbortSignal) => Promise<Page>>> = {
    staged: (place, limit) => stagedPage(ports, night, place, limit),
    found: (_place, limit, signal) => scan(limit, signal),
    moving: async ({ after }, limit) => rowsOf('moving', await ports.owed.page(night, BigInt(after || '0'), limit)),
    behind: async ({ after }, limit, signal) => rowsOf('behind', await ports.owed.pageBehind(night, BigInt(after || '0'), limit, signal)),
  };
  let isFirst = true;
  return {
    positionOf: ({ place }) => place,
    page: async (after, limit, signal) => {
      let place = readPlace(isFirst ? undefined : after);
      isFirst = false;
      for (const pass of passes.slice(passes.indexOf(place.pass))) {
        if (pass !== place.pass) place = { pass, day: '', after: '' };
        const from = place;
        const page = await afterMoney(ports, night, signal, () => pageOf[pass](from, limit, signal));
        if (page.length > 0) return page;
      }
      return [];
    },
  };
}

/** Time between two questions to a Redis that is away, and how long it is asked, in milliseconds. */
const [askAgainMs, askForMs] = [200, 60_000];

async function afterMoney<T>({ owed, clock }: NightPorts, { day }: Night, signal: AbortSignal, read: () => Promise<T>): Promise<T> {
  const giveUpMs = clock.elapsedMs() + askForMs;
  for (;;) {
    try {
      return await read();
    } catch (error) {
      const isOver = signal.aborted || clock.elapsedMs() >= giveUpMs;
      if (isOver || kindOf(error) !== 'transient' || !(await owed.isAnybody(day))) throw error;
      await pause(clock, askAgainMs, signal);
    }
  }
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
function scanner({ staged, projections }: NightPorts, { shard, day: night }: Night): (limit: number, signal: AbortSignal) => Promise<Page> {
  let cursor: string | undefined = shard === shardCount - 1 ? '0' : undefined;
  let waiting: SettleRow[] = [];
  let found = 0;
  const nextPlace = (): string => placeText({ pass: 'found', day: '', after: String((found += 1)) });
  return async (limit, signal) => {
    while (waiting.length < limit && cursor !== undefined && !signal.aborted) {
      const step = await staged.scan(cursor);
      cursor = step.next;
      const keys = await readKeys(projections, step.keys);
      // What other programs stage for later is the ledger's from now on, before fills of ours come to the same user.
      const due = keys.filter(({ day, value }) => day <= night || value !== undefined);
      const values = step.strange.length === 0 ? [] : await staged.values(step.strange);
      for (const key of due) waiting.push({ kind: 'staged', ...key, place: nextPlace() });
      for (const [index, key] of step.strange.entries()) {
        waiting.push({ kind: 'strange', key: storableText(key.toString()), value: values[index] ?? Buffer.alloc(0), place: nextPlace() });
      }
    }
    const page = waiting.slice(0, limit);
    waiting = waiting.slice(limit);
    return page;
  };
}
