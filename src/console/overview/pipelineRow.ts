import { known } from '../../metrics/known.ts';
import type { Clock } from '../../message/clock.ts';
import type { Pause } from '../../runtime/pauses/pauseStore.ts';
import type { Json } from '../../runtime/jobs/job.ts';
import type { Supervised } from '../../runtime/supervise.ts';
import { pauseFields } from '../pauseFields.ts';
import { waitsFor } from '../waitsFor.ts';
import type { Attention } from './attention.ts';
import type { Recent } from './history.ts';

/** A pipeline as this process runs it. */
export interface RunningPipeline {
  readonly supervised: Supervised;
  /** Messages that wait to be read; undefined where nobody can tell. */
  readonly lag: () => Promise<number | undefined>;
}

/** A pipeline at a glance; what this process cannot know is null. */
export interface PipelineRow extends Readonly<Record<string, Json>> {
  readonly pipeline: string;
  readonly profile: string;
  readonly state: string;
  readonly reason: string | null;
  readonly waitsFor: string | null;
  readonly lag: number | null;
}

export interface PipelineFacts {
  readonly name: string;
  readonly profile: string;
  readonly running: RunningPipeline | undefined;
  readonly pause: Pause | undefined;
  readonly recent: Recent;
}

/** Tells how a pipeline stands. */
export async function pipelineRow(facts: PipelineFacts, clock: Clock): Promise<PipelineRow> {
  const { name, profile, running, pause, recent } = facts;
  const supervised = running?.supervised;
  const lag = running === undefined ? undefined : await known(running.lag, clock);
  return {
    pipeline: name,
    profile,
    state: supervised?.state() ?? 'not in this daemon',
    reason: supervised?.reason() || null,
    waitsFor: waitsFor(supervised),
    ...pauseFields(pause),
    lag: lag ?? null,
    inFlight: supervised?.counts().inFlight ?? null,
    oldestSeconds: supervised === undefined ? null : Math.round(standsMs(supervised, clock) / 1_000),
    restarts: supervised?.restarts() ?? null,
    ...recent,
  };
}

/** How long the oldest watermark that something waits above has not risen. */
function standsMs(supervised: Supervised, clock: Clock): number {
  const ages = supervised
    .spans()
    .filter(({ size }) => size > 0)
    .map(({ risenAtMs }) => clock.elapsedMs() - risenAtMs);
  return Math.max(0, ...ages);
}

/** What of a pipeline a person should look at. */
export function pipelineAttention({ pipeline, state, reason, waitsFor: why, lag }: PipelineRow): readonly Attention[] {
  const view = `#/pipelines/${pipeline}`;
  const items: Attention[] = [];
  if (state === 'failed') items.push({ level: 'page', view, text: `${pipeline} has failed for good: ${reason ?? ''}` });
  if (state === 'backingOff') items.push({ level: 'page', view, text: `${pipeline} is started again after a failure: ${reason ?? ''}` });
  if (state === 'paused') items.push({ level: 'ticket', view, text: `${pipeline} is paused${waiting(lag)}: ${reason ?? ''}` });
  if (state === 'running' && why !== null) items.push({ level: 'page', view, text: `${pipeline} waits${waiting(lag)}: ${why}` });
  return items;
}

function waiting(lag: number | null): string {
  return lag === null || lag === 0 ? '' : `, and ${lag.toLocaleString('en')} wait to be read`;
}
