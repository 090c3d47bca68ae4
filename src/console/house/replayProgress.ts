import { z } from 'zod';
import { listReplays } from '../../runtime/deadLetters/replayStore.ts';
import { defineQuestion } from '../route.ts';
import type { HousePorts } from './housePorts.ts';

/** How replays stand. */
export const replayProgressRoute = defineQuestion({
  name: 'dead-letters.progress',
  about: 'list the latest replays and how they stand',
  role: 'viewer',
  input: z.strictObject({ limit: z.int().min(1).max(200).default(20).meta({ description: 'replays at most (default 20)' }) }),
  answer: async ({ database }: HousePorts, { limit }) => {
    const replays = await listReplays(database, limit);
    return replays.map(({ id, selected, replayed, refused, gone, begunAt, finishedAt, ...replay }) => ({
      replay: id.toString(),
      ...replay,
      ...{ selected: Number(selected), replayed: Number(replayed), refused: Number(refused), gone: Number(gone) },
      ...{ begunAt: begunAt.toISOString(), finishedAt: finishedAt?.toISOString() ?? null },
    }));
  },
});
