import { kindOf } from '../../src/errors.ts';

/**
 * Does work for a chunk, in one transaction of its own; where that fails for good, for each half of it, in order, until the value that
 * cannot be worked on is alone. That one is answered by `alone`, its neighbours as usual. Any other error fails the whole.
 */
export async function byHalves<T, R>(
  values: readonly T[],
  work: (values: readonly T[]) => Promise<readonly R[]>,
  alone: (value: T, error: unknown) => Promise<R>,
): Promise<readonly R[]> {
  try {
    return await work(values);
  } catch (error) {
    const kind = kindOf(error);
    if (kind !== 'permanent' && kind !== 'defect') throw error;
    const [only] = values;
    if (values.length === 1 && only !== undefined) return [await alone(only, error)];
    const half = Math.ceil(values.length / 2);
    const first = await byHalves(values.slice(0, half), work, alone);
    return [...first, ...(await byHalves(values.slice(half), work, alone))];
  }
}
