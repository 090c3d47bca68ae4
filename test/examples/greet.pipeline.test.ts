import { describe, expect, it } from 'vitest';
import { createMemoryBus } from '../../src/connectors/memory/memoryBus.ts';
import { WeirError } from '../../src/errors.ts';
import { realClock } from '../../src/runtime/clock.ts';
import { runChain } from '../../src/runtime/runChain.ts';
import { aSpec, imbalance } from '../support/aSpec.ts';
import { until } from '../support/until.ts';
import { greet, joinedTopic } from './greet.pipeline.ts';
import type { Greeting } from './greeting.ts';

const refusedMember = 13n;

function joined(memberId: string, agreedToMail: boolean): { key: string; value: Uint8Array } {
  return { key: memberId, value: Buffer.from(JSON.stringify({ memberId, agreedToMail })) };
}

describe('the pipeline of docs/addingAPipeline.md', () => {
  it('greets who agreed, leaves the others alone, and puts aside what cannot be greeted', async () => {
    const bus = createMemoryBus();
    const greeted: bigint[] = [];
    const greeter = {
      greet: (greeting: Greeting): Promise<Greeting> => {
        if (greeting.memberId === refusedMember) return Promise.reject(new WeirError('refused', 'no such mailbox'));
        greeted.push(greeting.memberId);
        return Promise.resolve(greeting);
      },
    };
    const ports = { bus, greeter };
    const poison = { key: 'x', value: Buffer.from('{"memberId":') };
    await bus.publish(joinedTopic).write([joined('1', true), joined('2', false), joined('13', true), poison, joined('3', true)]);

    const options = greet.options.parse({});
    const source = greet.source(ports, options);
    const spec = aSpec({ source, chain: (message$) => greet.chain(message$, ports, options) });
    const run = runChain({ ...spec, clock: realClock });
    await until('all five have ended', () => run.counts().received === 5 && run.counts().inFlight === 0);
    run.drain();
    await run.ended;

    expect(greeted.toSorted()).toEqual([1n, 3n]);
    expect(run.counts()).toMatchObject({ received: 5, done: 2, skipped: 1, dead: 2 });
    expect(imbalance(run.counts())).toBe(0);
    expect(bus.deadLetters(joinedTopic).map(({ stage, code }) => ({ stage, code }))).toEqual(
      expect.arrayContaining([
        { stage: 'decode', code: 'undecodable' },
        { stage: 'greet', code: 'refused' },
      ]),
    );
    await bus.close();
  });

  it('names its stages after its functions', () => {
    expect(greet.stages).toEqual(['decode', 'decideGreeting', 'greet']);
  });
});
