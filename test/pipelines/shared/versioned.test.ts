import { expect, it } from 'vitest';
import { z } from 'zod';
import { readVersioned } from '../../../pipelines/shared/versioned.ts';

const orders = {
  newest: 2,
  schema: z.strictObject({ version: z.literal(2), item: z.string() }),
  name: "An order's message",
  expected: "an order's message",
};

it('reads what it knows', () => {
  expect(readVersioned(orders, { version: 2, item: 'a lamp' })).toEqual({ version: 2, item: 'a lamp' });
});

it('leaves what is newer to a newer Weir, whatever its shape', () => {
  const reading = (): unknown => readVersioned(orders, { version: 3, strange: true });
  expect(reading).toThrow(
    expect.objectContaining({ code: 'newerVersion', message: "An order's message of version 3; this Weir reads up to 2." }),
  );
});

it.each([[{}], [{ version: 0 }], [{ version: 2 }], [{ version: 2, item: 'a lamp', more: 1 }], ['text'], [null]])(
  'puts %j aside',
  (input) => {
    const reading = (): unknown => readVersioned(orders, input);
    expect(reading).toThrow(
      expect.objectContaining({ code: 'undecodable', message: expect.stringMatching(/^Not an order's message: /) as string }),
    );
  },
);
