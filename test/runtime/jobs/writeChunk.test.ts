import { from, lastValueFrom, toArray, type Observable } from 'rxjs';
import { describe, expect, it } from 'vitest';
import { stageOf } from '../../../operators/step.ts';
import type { Transaction } from '../../../src/connectors/database.ts';
import { WeirError } from '../../../src/errors.ts';
import { dead, skip } from '../../../src/message/decision.ts';
import { decide, isOpen, type Message } from '../../../src/message/message.ts';
import type { ChunkPart, ChunkStore } from '../../../src/runtime/jobs/chunkStore.ts';
import type { JobPartition } from '../../../src/runtime/jobs/job.ts';
import { writeChunk } from '../../../src/runtime/jobs/writeChunk.ts';
import { writePart } from '../../../src/runtime/jobs/writePart.ts';
import { anOpen, aRun, type FakeRun } from '../../support/aRun.ts';

interface RecordedChunk {
  readonly positions: readonly string[];
  readonly isDead: readonly boolean[];
}

/** A store that keeps the chunks it was given; positions are numbers in read order. */
function aStore(): ChunkStore & { readonly committed: RecordedChunk[] } {
  const committed: RecordedChunk[] = [];
  return {
    committed,
    attach: () => undefined,
    placeOf: Number,
    async commit<T, R>(part: ChunkPart<T, R>) {
      const { messages } = await writePart({} as Transaction, part, new Map());
      committed.push({
        positions: part.line.map(({ envelope }) => envelope.position),
        isDead: part.line.map(({ outcome }) => outcome === 'dead'),
      });
      return messages;
    },
  };
}

function aPartition(chunks: ChunkStore): JobPartition<string> {
  const plan = { name: 'p', input: null, total: undefined };
  return { ...plan, job: 'j', key: 'k', runId: 1n, checkpoint: undefined, published: undefined, isDryRun: false, chunks };
}

function rows(run: FakeRun, count: number): Message<number>[] {
  return Array.from({ length: count }, (_, value) => anOpen(value, { position: String(value), run }));
}

const collect = <T>(message$: Observable<T>): Promise<readonly T[]> => lastValueFrom(message$.pipe(toArray()), { defaultValue: [] });
const options = { size: 4, maxWaitMs: 1_000 };

describe('writeChunk', () => {
  it('is named after its function', () => {
    const bill = (): Promise<void> => Promise.resolve();
    expect(stageOf(writeChunk(aPartition(aStore()), bill, options))).toBe('bill');
  });

  it('writes chunks one after another and passes values on unchanged when nothing is answered', async () => {
    const store = aStore();
    let working = 0;
    const written: (readonly number[])[] = [];
    const write = async (_: Transaction, values: readonly number[]): Promise<void> => {
      working += 1;
      expect(working).toBe(1);
      await Promise.resolve();
      written.push(values);
      working -= 1;
    };
    const messages = await collect(from(rows(aRun(), 10)).pipe(writeChunk(aPartition(store), write, options)));
    expect(written).toEqual([
      [0, 1, 2, 3],
      [4, 5, 6, 7],
      [8, 9],
    ]);
    expect(messages.map((message) => isOpen(message) && message.value)).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8, 9]);
  });

  it('passes on what is answered, and ends what is decided', async () => {
    const write = (_: Transaction, values: readonly number[]): Promise<readonly (string | ReturnType<typeof skip>)[]> =>
      Promise.resolve(values.map((value) => (value === 1 ? skip('billed before') : value === 2 ? dead(new Error('no')) : `bill ${value}`)));
    const messages = await collect(from(rows(aRun(), 4)).pipe(writeChunk(aPartition(aStore()), write, options)));
    expect(messages.map((message) => (isOpen(message) ? message.value : message.outcome))).toEqual(['bill 0', 'skipped', 'dead', 'bill 3']);
  });

  it('puts rows back into read order', async () => {
    const store = aStore();
    const write = (): Promise<void> => Promise.resolve();
    const [a, b, c, d] = rows(aRun(), 4);
    const mixed = [d, b, a, c].filter((message) => message !== undefined);
    await collect(from(mixed).pipe(writeChunk(aPartition(store), write, options)));
    expect(store.committed.flatMap(({ positions }) => positions)).toEqual(['0', '1', '2', '3']);
  });

  it('takes a row that never comes for a defect', async () => {
    const write = (): Promise<void> => Promise.resolve();
    const message$ = from(rows(aRun(), 6).filter((_, index) => index !== 4)).pipe(writeChunk(aPartition(aStore()), write, options));
    await expect(collect(message$)).rejects.toMatchObject({ code: 'defect' });
  });

  it.each(['constraint', 'defect'] as const)('halves a chunk that fails (%s), in order, until the row is alone', async (code) => {
    const store = aStore();
    const run = aRun();
    const write = (_: Transaction, values: readonly number[]): Promise<void> =>
      values.includes(5) ? Promise.reject(new WeirError(code, 'row 5')) : Promise.resolve();
    const message$ = from(rows(run, 8)).pipe(writeChunk(aPartition(store), write, { size: 8, maxWaitMs: 10 }));
    const messages = await collect(message$);
    expect(store.committed).toEqual([
      { positions: ['0', '1', '2', '3'], isDead: [false, false, false, false] },
      { positions: ['4'], isDead: [false] },
      { positions: ['5'], isDead: [true] },
      { positions: ['6', '7'], isDead: [false, false] },
    ]);
    expect(messages.map(({ outcome }) => outcome)).toEqual([...Array<undefined>(5), 'dead', undefined, undefined]);
    expect(run.deadLetters).toMatchObject([{ stage: 'write', code }]);
  });

  it('takes another number of answers than of rows for a defect', async () => {
    const run = aRun();
    const write = (): Promise<readonly number[]> => Promise.resolve([1, 2, 3]);
    const messages = await collect(from(rows(run, 2)).pipe(writeChunk(aPartition(aStore()), write, options)));
    expect(messages.map(({ outcome }) => outcome)).toEqual(['dead', 'dead']);
    expect(run.deadLetters).toMatchObject([{ code: 'defect' }, { code: 'defect' }]);
  });

  it.each(['unavailable', 'outcomeUnknown', 'fenced', 'skipLimit'] as const)(
    'fails the chain for what no half would cure (%s)',
    async (code) => {
      let calls = 0;
      const write = (): Promise<void> => {
        calls += 1;
        return Promise.reject(new WeirError(code, 'because'));
      };
      await expect(collect(from(rows(aRun(), 4)).pipe(writeChunk(aPartition(aStore()), write, options)))).rejects.toMatchObject({ code });
      expect(calls).toBe(1);
    },
  );

  it('writes what only has decided rows too, so that the checkpoint passes them', async () => {
    const store = aStore();
    let calls = 0;
    const write = (): Promise<void> => {
      calls += 1;
      return Promise.resolve();
    };
    const decided = rows(aRun(), 3).map((message) => decide(message, 'skipped', 'not ours'));
    await collect(from(decided).pipe(writeChunk(aPartition(store), write, options)));
    expect(calls).toBe(0);
    expect(store.committed).toEqual([{ positions: ['0', '1', '2'], isDead: [false, false, false] }]);
  });

  it('writes nothing behind a row that was given back, and gives back what follows', async () => {
    const store = aStore();
    const write = (): Promise<void> => Promise.resolve();
    const line = rows(aRun(), 8).map((message, index) => (index === 2 ? decide(message, 'released', 'drained') : message));
    const messages = await collect(from(line).pipe(writeChunk(aPartition(store), write, options)));
    expect(store.committed).toEqual([{ positions: ['0', '1'], isDead: [false, false] }]);
    expect(messages.map(({ outcome }) => outcome)).toEqual([undefined, undefined, ...Array<string>(6).fill('released')]);
  });
});
