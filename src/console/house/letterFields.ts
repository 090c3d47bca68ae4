import { z } from 'zod';
import type { Topic } from '../../connectors/bus.ts';
import { requireNamed } from '../requireNamed.ts';

const name = z.string().min(1).max(200);

/** Fields of routes about dead letters. */
export const letterFields = {
  topic: name.meta({ description: 'name of the topic that they were put aside of' }),
  pipeline: name.optional().meta({ description: 'only those of this pipeline' }),
  stage: name.optional().meta({ description: 'only those that failed in this stage' }),
  code: name.optional().meta({ description: 'only those with this error code' }),
};

/** The place of one dead letter, in the words of the bus. */
export const letterPosition = z.string().min(1).max(60);

/** The topic of this name; `notFound` tells which there are. */
export function topicNamed(topics: readonly Topic[], wanted: string): Topic {
  return requireNamed('topic', topics, wanted);
}
