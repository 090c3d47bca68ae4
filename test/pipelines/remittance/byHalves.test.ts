import { assert, asyncProperty, subarray } from 'fast-check';
import { expect, it } from 'vitest';
import { byHalves } from '../../../pipelines/remittance/byHalves.ts';
import { WeirError } from '../../../src/errors.ts';

const values = Array.from({ length: 9 }, (_, place) => place);

/** Work that fails for a chunk with one of these, and remembers what it was given. */
function working(
  bad: readonly number[],
  error: unknown,
): { asked: number[][]; work: (chunk: readonly number[]) => Promise<readonly string[]> } {
  const asked: number[][] = [];
  const work = async (chunk: readonly number[]): Promise<readonly string[]> => {
    asked.push([...chunk]);
    await Promise.resolve();
    if (chunk.some((value) => bad.includes(value))) throw error;
    return chunk.map((value) => `done ${value}`);
  };
  return { asked, work };
}

const alone = (value: number): Promise<string> => Promise.resolve(`failed ${value}`);

it('works on a chunk at once where nothing fails', async () => {
  const { asked, work } = working([], new Error('never'));
  expect(await byHalves(values, work, alone)).toEqual(values.map((value) => `done ${value}`));
  expect(asked).toHaveLength(1);
});

it.each([new WeirError('constraint', 'no'), new TypeError('a defect')])('narrows %s down to whoever causes it, in order', async (error) => {
  await assert(
    asyncProperty(subarray(values), async (bad) => {
      const expected = values.map((value) => (bad.includes(value) ? `failed ${value}` : `done ${value}`));
      expect(await byHalves(values, working(bad, error).work, alone)).toEqual(expected);
    }),
  );
});

it.each(['unavailable', 'outcomeUnknown'] as const)('leaves %s to whoever asked: no half would fare better', async (code) => {
  const { asked, work } = working([3], new WeirError(code, 'no'));
  await expect(byHalves(values, work, alone)).rejects.toMatchObject({ code });
  expect(asked).toHaveLength(1);
});
