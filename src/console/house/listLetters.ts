import { z } from 'zod';
import { isOpenLetter } from '../../runtime/deadLetters/letterStates.ts';
import { selectLetters, type ScanOptions, type Selection } from '../../runtime/deadLetters/selectLetters.ts';
import type { Json } from '../../runtime/jobs/job.ts';
import { defineQuestion } from '../route.ts';
import type { HousePorts } from './housePorts.ts';
import { letterFields, letterPosition, topicNamed } from './letterFields.ts';

/**
 * Groups dead letters by topic, pipeline, stage and code. A group's number is what a replay or a discard of just these is given as
 * `expect`, and its newest position `upTo`. Of one topic it also lists letters.
 */
export const listLettersRoute = defineQuestion({
  name: 'dead-letters.list',
  about: 'count what was put aside, by topic, pipeline, stage and code; of one topic also list it',
  role: 'viewer',
  input: z.strictObject({
    ...letterFields,
    topic: letterFields.topic.optional().meta({ description: 'only this topic, and list its dead letters' }),
    after: letterPosition.optional().meta({ description: 'list what follows this position' }),
    oldest: z.boolean().default(false).meta({ description: 'list the oldest first instead of the newest' }),
    all: z.boolean().default(false).meta({ description: 'list also what was replayed or discarded' }),
    limit: z.int().min(1).max(200).default(20).meta({ description: 'dead letters at most (default 20)' }),
  }),
  words: ['topic'],
  answer: async (ports: HousePorts, { topic: wanted, after, oldest, all, limit, ...filter }) => {
    const topics = wanted === undefined ? ports.topics : [topicNamed(ports.topics, wanted)];
    const groups: Json[] = [];
    for (const topic of topics) {
      const found = await ports.letterIndexOf(topic).groups(ports.database, filter);
      groups.push(...found.map((group) => ({ ...group })));
    }
    if (wanted === undefined) return { groups };
    const letters = await list(ports, { topic: wanted, ...filter }, { after, isNewestFirst: !oldest }, { isAll: all, limit });
    return { groups, letters };
  },
});

async function list(
  { database, bus, topics }: HousePorts,
  selection: Selection,
  order: ScanOptions,
  { isAll, limit }: { readonly isAll: boolean; readonly limit: number },
): Promise<readonly Json[]> {
  const rows: Json[] = [];
  for await (const { letter, state } of selectLetters(database, bus.deadLettersOf(topicNamed(topics, selection.topic)), selection, order)) {
    if (!isAll && !isOpenLetter(state)) continue;
    const { position, pipeline, stage, code, attempts, diedAt } = letter;
    rows.push({ position, state, pipeline, stage, code, attempts, diedAt });
    if (rows.length === limit) break;
  }
  return rows;
}
