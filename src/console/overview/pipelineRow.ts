import { known } from '../../metrics/known.ts';
import type { Clock } from '../../message/clock.ts';
import type { Pause } from '../../runtime/pauses/pauseStore.ts';
import type { Json } from '../../runtime/jobs/job.ts';
import type { Supervised } from '../../runtime/supervise.ts';
import { calendarTime } from '../calendarTime.ts';
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
  /** When it came into its state; of what an operator has paused, when he did. */
  readonly stateSince: string | null;
  readonly reason: string | null;
  readonly waitsFor: string | null;
  /** Since when its source waits; null where it does not. */
  readonly waitsSince: string | null;
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
    stateSince: stateSince(facts, clock)?.toISOString() ?? null,
    reason: supervised?.reason() || null,
    waitsFor: waitsFor(supervised),
    waitsSince: waitsSince(supervised, clock)?.toISOString() ?? null,
    ...pauseFields(pause),
    lag: lag ?? null,
    inFlight: supervised?.counts().inFlight ?? null,
    oldestSeconds: supervised === undefined ? null : Math.round(standsMs(supervised, clock) / 1_000),
    restarts: supervised?.restarts() ?? null,
    ...recent,
  };
}

function stateSince({ running, pause }: PipelineFacts, clock: Clock): Date | undefined {
  if (running === undefined) return undefined;
  const { supervised } = running;
  return supervised.state() === 'paused' && pause !== undefined ? pause.pausedAt : calendarTime(clock, supervised.sinceMs());
}

/** Known of the source, where nothing else is waited for. */
function waitsSince(supervised: Supervised | undefined, clock: Clock): Date | undefined {
  const source = supervised?.source();
  if (source === undefined || source.reason === '' || (supervised?.waits() ?? []).length > 0) return undefined;
  return calendarTime(clock, source.sinceMs);
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
export function pipelineAttention({
  pipeline,
  state,
  stateSince,
  reason,
  waitsFor: why,
  waitsSince,
  lag,
}: PipelineRow): readonly Attention[] {
  const facts = { view: `#/pipelines/${pipeline}`, since: stateSince };
  const because = reason ?? '';
  if (state === 'failed') return [{ level: 'page', ...facts, text: `${pipeline} has failed for good: ${because}` }];
  if (state === 'backingOff') return [{ level: 'page', ...facts, text: `${pipeline} is started again after a failure: ${because}` }];
  if (state === 'paused') return [{ level: 'ticket', ...facts, text: `${pipeline} is paused${waiting(lag)}: ${because}` }];
  if (state !== 'running' || why === null) return [];
  return [{ level: 'page', ...facts, since: waitsSince, text: `${pipeline} waits${waiting(lag)}: ${why}` }];
}

function waiting(lag: number | null): string {
  return lag === null || lag === 0 ? '' : `, and ${lag.toLocaleString('en')} wait to be read`;
}
