import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';

const tries = 20;

/**
 * Collects garbage, then answers which of the references are gone. Collects again while some are not: one collection may leave
 * what a register or a compiled frame still names.
 */
export async function collected(references: readonly WeakRef<object>[]): Promise<readonly boolean[]> {
  setFlagsFromString('--expose-gc');
  const collectGarbage = runInNewContext('gc') as () => void;
  let gone: readonly boolean[] = [];
  for (let attempt = 0; attempt < tries && !(gone.length > 0 && gone.every(Boolean)); attempt += 1) {
    // A WeakRef keeps its object to the end of the job that read it.
    await new Promise((resolve) => setImmediate(resolve));
    collectGarbage();
    gone = references.map((reference) => reference.deref() === undefined);
  }
  return gone;
}
