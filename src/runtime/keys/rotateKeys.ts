import type { Database } from '../../connectors/database.ts';
import type { Clock } from '../../message/clock.ts';
import type { KeyRing } from '../../message/keyRing.ts';
import { pause } from '../../message/pause.ts';
import type { EncryptedRows } from './encryptedRows.ts';

export interface RotationSpec {
  readonly database: Database;
  readonly ring: KeyRing;
  readonly tables: readonly EncryptedRows[];
  readonly clock: Clock;
  /** Rows a second at most, so that the daemons beside it keep the database. */
  readonly rowsPerSecond: number;
  readonly stop: AbortSignal;
  /** Told after each page. */
  readonly progress: (table: string, rotated: number) => void;
}

/** What became of one table. */
export interface TableRotation {
  readonly table: string;
  readonly rotated: number;
  readonly unopened: number;
}

const pageSize = 500;

/** Rows that others change all the time are looked at again so often; what is left then is under an old key, and counted so. */
const mostPasses = 5;

/**
 * Brings all rows under the ring's current key, page by page, while everything runs: readers open both keys. Stopped or killed it
 * has lost nothing: run again, it passes over what is done. Memory: one page.
 */
export async function rotateKeys(spec: RotationSpec): Promise<readonly TableRotation[]> {
  const rotations: TableRotation[] = [];
  for (const rows of spec.tables) rotations.push(await rotateTable(spec, rows));
  return rotations;
}

async function rotateTable(spec: RotationSpec, rows: EncryptedRows): Promise<TableRotation> {
  const isStopped = (): boolean => spec.stop.aborted;
  let rotated = 0;
  let unopened = 0;
  for (let pass = 1; pass <= mostPasses && !isStopped(); pass += 1) {
    let changedMeanwhile = 0;
    let after: string | undefined;
    unopened = 0;
    do {
      const page = await rows.rotatePage(spec.database, spec.ring, { after, limit: pageSize });
      rotated += page.rotated;
      unopened += page.unopened;
      changedMeanwhile += page.changedMeanwhile;
      after = page.after;
      spec.progress(rows.name, rotated);
      if (after !== undefined) await pause(spec.clock, (pageSize * 1_000) / spec.rowsPerSecond, spec.stop);
    } while (after !== undefined && !isStopped());
    if (changedMeanwhile === 0) break;
  }
  return { table: rows.name, rotated, unopened };
}

/** A key and how much stands under it. */
export interface KeyUse {
  readonly key: string;
  readonly isCurrent: boolean;
  /** False for a key that rows name and the ring lacks. */
  readonly isInRing: boolean;
  readonly values: number;
}

/** The keys of the ring and those that rows name: an old one that nothing stands under may be taken out of the ring. */
export async function keysInUse(database: Database, ring: KeyRing, tables: readonly EncryptedRows[]): Promise<readonly KeyUse[]> {
  const counts = new Map<string, number>([...ring.keys.keys()].map((key) => [key, 0]));
  for (const rows of tables) {
    for (const [key, values] of await rows.countByKey(database)) counts.set(key, (counts.get(key) ?? 0) + values);
  }
  return [...counts].map(([key, values]) => ({ key, isCurrent: key === ring.current.id, isInRing: ring.keys.has(key), values }));
}
