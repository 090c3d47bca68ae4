import { z } from 'zod';
import type { SourceStatus } from '../../connectors/sourceStatus.ts';
import type { Clock } from '../../message/clock.ts';
import { listPauses } from '../../runtime/pauses/pauseStore.ts';
import type { Json } from '../../runtime/jobs/job.ts';
import type { Supervised } from '../../runtime/supervise.ts';
import { calendarTime } from '../calendarTime.ts';
import { pauseFields } from '../pauseFields.ts';
import { defineQuestion } from '../route.ts';
import { waitsFor } from '../waitsFor.ts';
import type { HousePorts } from './housePorts.ts';

/** How the pipelines of the asked daemon stand. Those of other profiles are listed too, since a pause holds in every daemon. */
export const listPipelinesRoute = defineQuestion({
  name: 'pipelines.list',
  about: 'list the pipelines of this daemon with their states and what they read; who paused one, when and why',
  role: 'viewer',
  input: z.strictObject({}),
  answer: async ({ database, clock, pipelines, supervised }: HousePorts) => {
    const running = new Map(supervised().map((pipeline) => [pipeline.name, pipeline]));
    const pauses = new Map((await listPauses(database)).map((pause) => [pause.pipeline, pause]));
    return pipelines.map((name) => ({
      pipeline: name,
      ...standing(running.get(name), clock),
      ...pauseFields(pauses.get(name)),
    }));
  },
});

/** What is short stands first, sentences last: so a table that is wider than its window is still one. */
function standing(pipeline: Supervised | undefined, clock: Clock): { readonly [field: string]: Json } {
  return {
    state: pipeline?.state() ?? 'not in this daemon',
    ...reading(pipeline?.source(), clock),
    inFlight: pipeline?.counts().inFlight ?? null,
    restarts: pipeline?.restarts() ?? null,
    reason: pipeline?.reason() || null,
    waitsFor: waitsFor(pipeline),
  };
}

/** Where its source stands towards the bus, since when, and which partitions of the topic this daemon reads. */
function reading(source: SourceStatus | undefined, clock: Clock): { readonly [field: string]: Json } {
  if (source === undefined) return { source: null, sourceSince: null, partitions: null };
  const held = source.partitions.filter(({ isHeld }) => isHeld).map(({ number }) => number);
  return {
    source: source.state,
    sourceSince: calendarTime(clock, source.sinceMs).toISOString(),
    partitions: `${held.join(', ') || 'none'} of ${source.partitions.length}`,
  };
}
