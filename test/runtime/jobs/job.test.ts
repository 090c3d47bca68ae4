import { describe, expect, it } from 'vitest';
import { mapEach } from '../../../operators/mapEach.ts';
import { defineJob, type Job } from '../../../src/runtime/jobs/job.ts';
import { writeChunk } from '../../../src/runtime/jobs/writeChunk.ts';

function aJob(writers: number): Job<{ readonly rows: readonly number[] }, object, string, number> {
  const bill = (): Promise<void> => Promise.resolve();
  const refund = (): Promise<void> => Promise.resolve();
  const judge = (value: number): number => value;
  const chunk = { size: 10, maxWaitMs: 10 };
  return defineJob({
    name: 'test.job',
    profile: 'test',
    planVersion: 1,
    options: { parse: () => ({}) },
    parseKey: (text) => text,
    plan: ({ rows }: { readonly rows: readonly number[] }) => Promise.resolve([{ name: 'all', input: null, total: rows.length }]),
    rows: ({ rows }) => ({ positionOf: (row: number) => String(row), page: () => Promise.resolve(rows) }),
    chain: (row$, _ports, _options, partition) => {
      const written$ = row$.pipe(mapEach(judge), writeChunk(partition, bill, chunk));
      return writers > 1 ? written$.pipe(writeChunk(partition, refund, chunk)) : written$;
    },
  });
}

describe('defineJob', () => {
  it('names the stages after their functions', () => {
    expect(aJob(1).stages).toEqual(['judge', 'bill']);
  });

  it('refuses a chain that writes chunks twice', () => {
    expect(() => aJob(2)).toThrow('test.job writes chunks twice');
  });
});
