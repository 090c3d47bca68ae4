import { z } from 'zod';
import { WeirError } from '../../errors.ts';
import { traceIdField, traceOf } from '../../message/trace.ts';
import { readLetterStates } from '../../runtime/deadLetters/letterStates.ts';
import { previewText, previewValue } from '../previewValue.ts';
import { defineQuestion } from '../route.ts';
import type { HousePorts } from './housePorts.ts';
import { letterFields, letterPosition, topicNamed } from './letterFields.ts';

/** Shows one dead letter: why it was put aside, and its content without personal data. */
export const showLetterRoute = defineQuestion({
  name: 'dead-letters.show',
  about: 'show one dead letter: its reason, and its content with personal data masked',
  role: 'viewer',
  input: z.strictObject({
    topic: letterFields.topic,
    position: letterPosition.meta({ description: 'its position: weir dead-letters list shows it' }),
  }),
  words: ['topic', 'position'],
  answer: async ({ database, bus, topics }: HousePorts, { topic, position }) => {
    const [letter] = await bus.deadLettersOf(topicNamed(topics, topic)).at([position]);
    if (letter === undefined) {
      throw new WeirError('notFound', `there is no dead letter ${position} of ${topic}: it was never there, or was trimmed away`);
    }
    const { pipeline, stage, code, text, attempts, diedAt, readFrom, originalBytes } = letter;
    const state = (await readLetterStates(database, topic, [position])).get(position) ?? 'OPEN';
    const headers = [...letter.headers].map(([name, value]) => ({ name: previewText(name), value: previewText(value) }));
    return {
      ...{ position, state, pipeline, stage, code, text, attempts, diedAt, readFrom, ...traceIdField(traceOf(letter.headers)) },
      ...{ key: previewText(letter.key), sizeBytes: letter.value.byteLength, content: previewValue(letter.value), headers },
      ...(originalBytes === undefined ? {} : { originalBytes }),
    };
  },
});
