/**
 * Greets members who joined. In: `members.joined`, one message a member. Out: a greeting each, for those who agreed to be
 * written to. Guarantee: at least once, so a member may be greeted twice after a crash; the greeter drops a second greeting of
 * the same member. Dead letters: what is not a joined member, and addresses that are refused for good.
 */
import { z } from 'zod';
import { decode } from '../../operators/decode.ts';
import type { Effect } from '../../operators/effectOptions.ts';
import { mapEach } from '../../operators/mapEach.ts';
import { mergeMapEach } from '../../operators/mergeMapEach.ts';
import type { Bus, Topic } from '../../src/connectors/bus.ts';
import { definePipeline } from '../../src/runtime/definePipeline.ts';
import { decideGreeting, joinedMember, type Greeting } from './greeting.ts';

export interface GreetPorts {
  readonly bus: Bus;
  readonly greeter: { readonly greet: Effect<Greeting, Greeting> };
}

export const joinedTopic: Topic = { name: 'members.joined', deadLetters: 'members.joined.dlt', partitions: 3, maxSizeBytes: 65_536 };

const greetOptions = z.strictObject({
  concurrency: z.int().min(1).max(1_000).default(10).meta({ description: 'Greetings at once.', unit: 'greetings' }),
  timeLimitMs: z.int().min(1).default(10_000).meta({ description: 'Longest time of one greeting.', unit: 'ms' }),
  holdMs: z.int().min(0).default(1_000).meta({ description: 'How long a greeting waits for its retries.', unit: 'ms' }),
  retry: z
    .strictObject({
      maxRetries: z.int().min(0).default(3).meta({ description: 'Tries after the first.' }),
      firstDelayMs: z.int().min(1).default(100).meta({ description: 'Longest wait before the first retry.', unit: 'ms' }),
      maxDelayMs: z.int().min(1).default(500).meta({ description: 'Longest wait before any retry.', unit: 'ms' }),
    })
    .prefault({}),
});

export const greet = definePipeline({
  name: 'members.greet',
  profile: 'consumer',
  options: greetOptions,
  source: ({ bus }: GreetPorts) => bus.subscribe(joinedTopic, { group: 'cg-members-greet' }),
  chain: (message$, { greeter }, options) =>
    message$.pipe(
      decode(joinedMember),
      mapEach(decideGreeting), // pure: a greeting, or nothing to do
      mergeMapEach(greeter.greet, { ...options, unknown: 'retry' }), // a greeting may be repeated
    ),
});
