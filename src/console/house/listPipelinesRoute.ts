import { z } from 'zod';
import { listPauses, type Pause } from '../../runtime/pauses/pauseStore.ts';
import type { Json } from '../../runtime/jobs/job.ts';
import type { Supervised } from '../../runtime/supervise.ts';
import { defineQuestion } from '../route.ts';
import type { HousePorts } from './housePorts.ts';

/** How the pipelines of the asked daemon stand. Those of other profiles are listed too, since a pause holds in every daemon. */
export const listPipelinesRoute = defineQuestion({
  name: 'pipelines.list',
  about: 'list the pipelines of this daemon with their states; who paused one, when and why',
  role: 'viewer',
  input: z.strictObject({}),
  answer: async ({ database, pipelines, supervised }: HousePorts) => {
    const running = new Map(supervised().map((pipeline) => [pipeline.name, pipeline]));
    const pauses = new Map((await listPauses(database)).map((pause) => [pause.pipeline, pause]));
    return pipelines.map((name) => ({ pipeline: name, ...standing(running.get(name)), ...pausing(pauses.get(name)) }));
  },
});

function standing(pipeline: Supervised | undefined): { readonly [field: string]: Json } {
  if (pipeline === undefined) return { state: 'not in this daemon', reason: null, waitsFor: null, restarts: null, inFlight: null };
  return {
    state: pipeline.state(),
    reason: pipeline.reason() || null,
    waitsFor: pipeline.waits().join('; ') || null,
    restarts: pipeline.restarts(),
    inFlight: pipeline.counts().inFlight,
  };
}

function pausing(pause: Pause | undefined): { readonly [field: string]: Json } {
  return { pausedBy: pause?.actor ?? null, pausedAt: pause?.pausedAt.toISOString() ?? null, pausedBecause: pause?.reason ?? null };
}
