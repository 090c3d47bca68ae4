import { z } from 'zod';
import { defineQuestion } from '../route.ts';
import type { HousePorts } from './housePorts.ts';

/** Everything at a glance, what needs a person first. */
export const overviewRoute = defineQuestion({
  name: 'overview.show',
  about: 'tell how everything stands: what needs a person first, then pipelines, jobs, schedules and outside systems',
  role: 'viewer',
  input: z.strictObject({}),
  answer: ({ overview }: HousePorts) => overview.show(),
});
