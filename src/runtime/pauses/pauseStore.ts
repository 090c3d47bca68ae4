import type { Queryable } from '../../connectors/database.ts';

/** A pipeline that an operator has paused. */
export interface Pause {
  readonly pipeline: string;
  /** Who paused it. */
  readonly actor: string;
  readonly reason: string;
  /** Calendar time. */
  readonly pausedAt: Date;
}

/** Wakes processes that run a pipeline whose pause has begun or ended. */
export const pauseChannel = 'weir_pipeline_pause';

/**
 * Pauses a pipeline in every process that runs it, now and after a restart, once the transaction commits. False, and nothing
 * changed, when it is paused already: who did it first, and why, stays.
 */
export async function pausePipeline(transaction: Queryable, { pipeline, actor, reason, pausedAt }: Pause): Promise<boolean> {
  const count = await transaction.execute({
    text: 'INSERT INTO weir.pipeline_pause (pipeline, actor, reason, paused_at) VALUES ($1, $2, $3, $4) ON CONFLICT DO NOTHING',
    values: [pipeline, actor, reason, pausedAt],
  });
  await tell(transaction, pipeline);
  return count > 0;
}

/** Ends the pause of a pipeline once the transaction commits. False when no operator has paused it. */
export async function resumePipeline(transaction: Queryable, pipeline: string): Promise<boolean> {
  const count = await transaction.execute({ text: 'DELETE FROM weir.pipeline_pause WHERE pipeline = $1', values: [pipeline] });
  await tell(transaction, pipeline);
  return count > 0;
}

/** Every pause there is, by the name of its pipeline. */
export function listPauses(database: Queryable): Promise<readonly Pause[]> {
  return database.query<Pause & Record<string, unknown>>({
    name: 'weir-pauses',
    text: 'SELECT pipeline, actor, reason, paused_at AS "pausedAt" FROM weir.pipeline_pause ORDER BY pipeline',
  });
}

async function tell(transaction: Queryable, pipeline: string): Promise<void> {
  await transaction.query({ text: 'SELECT pg_notify($1, $2)', values: [pauseChannel, pipeline] });
}
