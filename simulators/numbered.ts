import { randomBytes } from 'node:crypto';

/** Names such as `tx-9f3a01c2-1`, counted; those of another start differ, so that a database which outlives simulators meets none twice. */
export function numbered(prefix: string): () => string {
  const start = randomBytes(4).toString('hex');
  let count = 0;
  return () => `${prefix}-${start}-${(count += 1)}`;
}
