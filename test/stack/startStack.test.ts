import { expect, it } from 'vitest';
import { startStack, type Stack, type StackOptions } from '../../stack/startStack.ts';
import { atTheEnd } from '../support/atTheEnd.ts';
import { sharedKafka } from '../support/services.ts';

async function aStack(options?: StackOptions): Promise<Stack> {
  const stack = await startStack(options);
  atTheEnd(() => stack.close());
  return stack;
}

it('starts no Kafka unless it is asked to', async () => {
  const stack = await aStack();
  expect(stack.kafka).toBeUndefined();
  expect(Object.keys(stack.environment)).not.toContain('WEIR_BUS_KIND');
});

it.skipIf(sharedKafka() === undefined)('makes Kafka the bus where it is asked to', async () => {
  const stack = await aStack({ kafka: {} });
  expect(stack.environment).toMatchObject({ WEIR_BUS_KIND: 'kafka', WEIR_KAFKA_BROKERS: `127.0.0.1:${stack.kafka?.port}` });
});
