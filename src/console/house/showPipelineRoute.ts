import { z } from 'zod';
import type { Json } from '../../runtime/jobs/job.ts';
import { defineQuestion } from '../route.ts';
import type { HousePorts } from './housePorts.ts';
import { requirePipeline } from './requirePipeline.ts';

/** One pipeline of the asked daemon: what it has done since that was started, stage by stage and partition by partition. */
export const showPipelineRoute = defineQuestion({
  name: 'pipelines.show',
  about: 'show a pipeline of this daemon: its stages with their times, its partitions, what it has put aside',
  role: 'viewer',
  input: z.strictObject({
    pipeline: z.string().max(100).meta({ description: 'name of the pipeline: weir pipelines lists them' }),
  }),
  words: ['pipeline'],
  answer: async ({ clock, overview, factsOf, pipelines, supervised }: HousePorts, { pipeline: name }) => {
    requirePipeline(pipelines, name);
    const running = supervised().find((candidate) => candidate.name === name);
    const [row, { stages, errors }] = await Promise.all([overview.pipeline(name), factsOf(name)]);
    const source = running?.source();
    const partitions = (running?.spans() ?? []).map((span) => ({
      ...{ partition: span.partition, watermark: span.watermark ?? null, newestRead: span.newestRead ?? null, open: span.size },
      standsSeconds: span.size === 0 ? 0 : Math.round((clock.elapsedMs() - span.risenAtMs) / 1_000),
    }));
    return {
      ...row,
      stages: stages.map((stage): Json => ({ ...stage })),
      windowSize: running?.window ?? null,
      partitions,
      reads: source === undefined ? null : `${source.partitions.filter(({ isHeld }) => isHeld).length} of ${source.partitions.length}`,
      source: source?.state ?? null,
      errors: errors.map((error): Json => ({ ...error })),
      counts: running === undefined ? null : { ...running.counts() },
    };
  },
});
