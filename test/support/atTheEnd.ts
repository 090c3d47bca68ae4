import { afterAll } from 'vitest';

const cleanups: (() => Promise<unknown>)[] = [];

/** Does `work` at the end of this test file, after the file's own hooks; the last registered first. */
export function atTheEnd(work: () => Promise<unknown>): void {
  cleanups.push(work);
}

// This module is a set-up file of the integration tests: so the hook stands before any of theirs and runs after them.
afterAll(async () => {
  for (const work of cleanups.splice(0).reverse()) await work();
});
