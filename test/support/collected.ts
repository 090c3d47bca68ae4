import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';

/** Collects garbage, then answers which of the references are gone. */
export async function collected(references: readonly WeakRef<object>[]): Promise<readonly boolean[]> {
  setFlagsFromString('--expose-gc');
  const collectGarbage = runInNewContext('gc') as () => void;
  // A WeakRef keeps its object to the end of the job that read it.
  await new Promise((resolve) => setImmediate(resolve));
  collectGarbage();
  return references.map((reference) => reference.deref() === undefined);
}
