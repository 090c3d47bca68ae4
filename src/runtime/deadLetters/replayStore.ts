import type { Database, Queryable } from '../../connectors/database.ts';
import { WeirError } from '../../errors.ts';

/** A replay as an operator asks for it. */
export interface ReplayRequest {
  readonly topic: string;
  /** In the order in which they are published. */
  readonly positions: readonly string[];
  readonly perSecond: number;
  readonly actor: string;
  readonly at: Date;
}

/** A replay that this process works on. */
export interface ReplayClaim {
  readonly id: bigint;
  readonly topic: string;
  readonly perSecond: number;
  /** Fences an earlier holder that was taken for dead. */
  readonly token: bigint;
}

/** What became of one letter of a replay. */
export interface LetterEnd {
  readonly position: string;
  readonly state: 'REPLAYED' | 'REFUSED' | 'GONE';
  readonly note: string | null;
}

/** How a replay stands. */
export interface ReplayProgress {
  readonly id: bigint;
  readonly topic: string;
  readonly state: 'RUNNING' | 'COMPLETED';
  readonly selected: bigint;
  readonly replayed: bigint;
  readonly refused: bigint;
  readonly gone: bigint;
  readonly perSecond: number;
  readonly actor: string;
  readonly begunAt: Date;
  readonly finishedAt: Date | null;
}

/** Marks letters as being replayed; any daemon publishes them once this is committed. `refused` when another action has one of them. */
export async function beginReplay(transaction: Queryable, request: ReplayRequest): Promise<bigint> {
  const { topic, positions, perSecond, actor, at } = request;
  const [replay] = await transaction.query<{ id: bigint }>({
    text: `
      INSERT INTO weir.dead_letter_replay (topic, selected, per_second, actor, begun_at) VALUES ($1, $2, $3, $4, $5)
      RETURNING id`,
    values: [topic, positions.length, perSecond, actor, at],
  });
  const id = replay?.id ?? 0n;
  const marked = await transaction.execute({
    text: `
      INSERT INTO weir.dead_letter_action AS a (topic, position, state, at, replay_id, ordinal)
      SELECT $1, position, 'REPLAYING', $3, $4, ordinal FROM unnest($2::text[]) WITH ORDINALITY AS chosen (position, ordinal)
      ON CONFLICT (topic, position) DO UPDATE SET
        state = excluded.state, at = excluded.at, replay_id = excluded.replay_id, ordinal = excluded.ordinal, note = NULL
      WHERE a.state = 'REFUSED'`,
    values: [topic, positions, at, id],
  });
  requireAll(marked, positions);
  return id;
}

/** Marks letters as discarded: they stay where they are and count no more. `refused` when another action has one of them. */
export async function discardLetters(
  transaction: Queryable,
  { topic, positions, actor, at }: Omit<ReplayRequest, 'perSecond'>,
): Promise<void> {
  const marked = await transaction.execute({
    text: `
      INSERT INTO weir.dead_letter_action AS a (topic, position, state, at, note)
      SELECT $1, position, 'DISCARDED', $3, $4 FROM unnest($2::text[]) AS chosen (position)
      ON CONFLICT (topic, position) DO UPDATE SET
        state = excluded.state, at = excluded.at, replay_id = NULL, ordinal = NULL, note = excluded.note
      WHERE a.state = 'REFUSED'`,
    values: [topic, positions, at, actor],
  });
  requireAll(marked, positions);
}

function requireAll(marked: number, positions: readonly string[]): void {
  if (marked === positions.length) return;
  throw new WeirError('refused', `${positions.length - marked} of the dead letters were replayed or discarded by somebody else meanwhile`);
}

/** Takes the oldest replay that nobody works on, under a lease. Undefined when there is none. */
export async function claimReplay(
  database: Queryable,
  { topics, holder, leaseMs }: { readonly topics: readonly string[]; readonly holder: string; readonly leaseMs: number },
): Promise<ReplayClaim | undefined> {
  const [claim] = await database.query<ReplayClaim & Record<string, unknown>>({
    name: 'weir-replay-claim',
    text: `
      UPDATE weir.dead_letter_replay
      SET lease_owner = $2, lease_until = clock_timestamp() + $3 * interval '1 ms', token = token + 1
      WHERE id = (
        SELECT id FROM weir.dead_letter_replay
        WHERE state = 'RUNNING' AND topic = ANY ($1) AND (lease_until IS NULL OR lease_until < clock_timestamp())
        ORDER BY id LIMIT 1 FOR UPDATE SKIP LOCKED
      )
      RETURNING id, topic, per_second AS "perSecond", token`,
    values: [topics, holder, leaseMs],
  });
  return claim;
}

/** The positions that are published next, in their order. */
export async function nextPositions(database: Queryable, { id }: ReplayClaim, limit: number): Promise<readonly string[]> {
  const rows = await database.query<{ position: string }>({
    name: 'weir-replay-next',
    text: `
      SELECT position FROM weir.dead_letter_action WHERE replay_id = $1 AND state = 'REPLAYING' ORDER BY ordinal LIMIT $2`,
    values: [id, limit],
  });
  return rows.map(({ position }) => position);
}

/** Records what became of letters and renews the lease. `fenced` when another process has taken the replay over. */
export async function endLetters(
  database: Database,
  claim: ReplayClaim,
  ends: readonly LetterEnd[],
  leaseMs: number,
  at: Date,
): Promise<void> {
  await database.withTransaction(async (transaction) => {
    const held = await transaction.execute({
      name: 'weir-replay-renew',
      text: `
        UPDATE weir.dead_letter_replay SET lease_until = clock_timestamp() + $3 * interval '1 ms' WHERE id = $1 AND token = $2`,
      values: [claim.id, claim.token, leaseMs],
    });
    if (held === 0) throw takenOver(claim);
    await transaction.execute({
      name: 'weir-replay-end-letters',
      text: `
        UPDATE weir.dead_letter_action a SET state = e.state, note = e.note, at = $5
        FROM unnest($2::text[], $3::text[], $4::text[]) AS e (position, state, note)
        WHERE a.replay_id = $1 AND a.position = e.position AND a.state = 'REPLAYING'`,
      values: [claim.id, ends.map(({ position }) => position), ends.map(({ state }) => state), ends.map(({ note }) => note), at],
    });
  });
}

/** Ends a replay that has no letter left. `fenced` when another process has taken it over. */
export async function completeReplay(database: Queryable, claim: ReplayClaim, at: Date): Promise<void> {
  const held = await database.execute({
    text: `
      UPDATE weir.dead_letter_replay SET state = 'COMPLETED', finished_at = $3, lease_owner = NULL, lease_until = NULL
      WHERE id = $1 AND token = $2`,
    values: [claim.id, claim.token, at],
  });
  if (held === 0) throw takenOver(claim);
}

function takenOver({ id }: ReplayClaim): WeirError {
  return new WeirError('fenced', `the replay ${id} was taken over`);
}

/** Hands a replay back, so that another process goes on at once. */
export async function releaseReplay(database: Queryable, { id, token }: ReplayClaim): Promise<void> {
  await database.execute({
    text: 'UPDATE weir.dead_letter_replay SET lease_owner = NULL, lease_until = NULL WHERE id = $1 AND token = $2',
    values: [id, token],
  });
}

/** The latest replays and how they stand, the latest first. */
export function listReplays(database: Queryable, limit: number): Promise<readonly ReplayProgress[]> {
  return database.query<ReplayProgress & Record<string, unknown>>({
    name: 'weir-replay-list',
    text: `
      SELECT r.id, r.topic, r.state, r.selected, r.per_second AS "perSecond", r.actor, r.begun_at AS "begunAt",
        r.finished_at AS "finishedAt", a.replayed, a.refused, a.gone
      FROM weir.dead_letter_replay r CROSS JOIN LATERAL (
        SELECT count(*) FILTER (WHERE state = 'REPLAYED') AS replayed, count(*) FILTER (WHERE state = 'REFUSED') AS refused,
          count(*) FILTER (WHERE state = 'GONE') AS gone
        FROM weir.dead_letter_action WHERE replay_id = r.id
      ) a
      ORDER BY r.id DESC LIMIT $1`,
    values: [limit],
  });
}
