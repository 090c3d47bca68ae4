import { z } from 'zod';
import type { Queryable } from '../../connectors/database.ts';
import { WeirError } from '../../errors.ts';
import { frozenSelection } from '../../runtime/deadLetters/frozenSelection.ts';
import { beginReplay, discardLetters } from '../../runtime/deadLetters/replayStore.ts';
import { defineAction } from '../route.ts';
import type { HousePorts } from './housePorts.ts';
import { letterFields, letterPosition, topicNamed } from './letterFields.ts';

/** What both act on: one dead letter, or those that were there when somebody counted them. */
const frozen = {
  ...letterFields,
  position: letterPosition.optional().meta({ description: 'one dead letter, instead of a selection' }),
  upTo: letterPosition.optional().meta({ description: 'the newest that is meant, as weir dead-letters list counted them' }),
  expect: z
    .int()
    .min(1)
    .optional()
    .meta({ description: 'how many are open, as weir dead-letters list counted them: with another number nothing is done' }),
};

type Frozen = z.infer<z.ZodObject<typeof frozen>>;

const targetOf = ({ topic, pipeline, stage, code, position, upTo }: Frozen): string =>
  [topic, pipeline, stage, code, position ?? `up to ${upTo ?? ''}`].filter((part) => part !== undefined).join(' ');

/** Publishes dead letters again, in the background, at a rate. */
export const replayRoute = defineAction({
  name: 'dead-letters.replay',
  about: 'publish dead letters again, in the background, each once',
  role: 'operator',
  input: z.strictObject({
    ...frozen,
    rate: z.int().min(1).max(10_000).default(50).meta({ description: 'messages per second (default 50)' }),
    cap: z.int().min(1).max(100_000).default(1_000).meta({ description: 'at most so many, the oldest (default 1000)' }),
  }),
  words: ['topic'],
  target: (input) => targetOf(input),
  act: async (transaction, ports: HousePorts, { rate, cap, ...meant }, { name }) => {
    const open = await openLetters(transaction, ports, meant);
    const positions = open.slice(0, cap);
    const replay = { topic: meant.topic, positions, perSecond: rate, actor: name, at: ports.clock.now() };
    const id = await beginReplay(transaction, replay);
    return { replay: id.toString(), selected: positions.length, left: open.length - positions.length };
  },
  afterwards: ({ wakeReplays }) => wakeReplays(),
});

/** Marks dead letters as done with: they are counted and replayed no more, and stay until the bus trims them. */
export const discardRoute = defineAction({
  name: 'dead-letters.discard',
  about: 'mark dead letters as done with, for good',
  role: 'operator',
  input: z.strictObject({
    ...frozen,
    cap: z.int().min(1).max(100_000).default(1_000).meta({ description: 'at most so many, the oldest (default 1000)' }),
  }),
  words: ['topic'],
  target: (input) => targetOf(input),
  act: async (transaction, ports: HousePorts, { cap, ...meant }, { name }) => {
    const open = await openLetters(transaction, ports, meant);
    const positions = open.slice(0, cap);
    await discardLetters(transaction, { topic: meant.topic, positions, actor: name, at: ports.clock.now() });
    return { discarded: positions.length, left: open.length - positions.length };
  },
});

async function openLetters(transaction: Queryable, ports: HousePorts, meant: Frozen): Promise<readonly string[]> {
  const { topic, pipeline, stage, code, position, upTo, expect } = meant;
  const reader = ports.bus.deadLettersOf(topicNamed(ports.topics, topic));
  if (position !== undefined) {
    if ([pipeline, stage, code, upTo].some((field) => field !== undefined)) {
      throw new WeirError('invalidKey', 'position names one dead letter: pipeline, stage, code and upTo select others');
    }
    return frozenSelection(transaction, reader, { topic, position }, expect ?? 1);
  }
  if (upTo === undefined || expect === undefined) {
    throw new WeirError(
      'invalidKey',
      'expected upTo and expect, as weir dead-letters list counted them; or the position of one dead letter',
    );
  }
  return frozenSelection(transaction, reader, { topic, pipeline, stage, code, upTo }, expect);
}
