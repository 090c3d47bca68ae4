import { z } from 'zod';
import { pausePipeline, resumePipeline } from '../../runtime/pauses/pauseStore.ts';
import { defineAction } from '../route.ts';
import type { HousePorts } from './housePorts.ts';
import { requirePipeline } from './requirePipeline.ts';

const input = z.strictObject({
  pipeline: z.string().max(100).meta({ description: 'name of the pipeline: weir pipelines lists them' }),
});

/** Pauses a pipeline in every daemon, now and after a restart. */
export const pauseRoute = defineAction({
  name: 'pipelines.pause',
  about: 'let a pipeline read nothing more, in every daemon, until it is resumed',
  role: 'operator',
  input,
  words: ['pipeline'],
  target: ({ pipeline }) => pipeline,
  act: async (transaction, { pipelines, clock }: HousePorts, { pipeline }, { name, reason }) => {
    requirePipeline(pipelines, pipeline);
    const isNew = await pausePipeline(transaction, { pipeline, actor: name, reason, pausedAt: clock.now() });
    return { pipeline, state: isNew ? 'paused' : 'was paused before' };
  },
});

/** Ends the pause of a pipeline in every daemon. */
export const resumeRoute = defineAction({
  name: 'pipelines.resume',
  about: 'let a paused pipeline read again, in every daemon',
  role: 'operator',
  input,
  words: ['pipeline'],
  target: ({ pipeline }) => pipeline,
  act: async (transaction, { pipelines }: HousePorts, { pipeline }) => {
    requirePipeline(pipelines, pipeline);
    return { pipeline, state: (await resumePipeline(transaction, pipeline)) ? 'resumed' : 'was not paused by an operator' };
  },
});
