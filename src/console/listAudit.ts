import type { Queryable } from '../connectors/database.ts';
import type { Json } from '../runtime/jobs/job.ts';

/** An action that was done. */
export interface AuditRow {
  readonly id: bigint;
  readonly at: Date;
  readonly actor: string;
  readonly role: string;
  readonly action: string;
  readonly target: string | null;
  readonly reason: string;
  readonly input: Json;
  readonly result: Json;
}

export interface AuditFilter {
  readonly actor?: string | undefined;
  readonly action?: string | undefined;
  /** Older than the row with this number. */
  readonly before?: bigint | undefined;
  readonly limit: number;
}

/** Lists what was done, the latest first. */
export function listAudit(database: Queryable, { actor, action, before, limit }: AuditFilter): Promise<readonly AuditRow[]> {
  return database.query<AuditRow>({
    name: 'weir-audit-list',
    text: `
      SELECT id, at, actor, role, action, target, reason, input, result FROM weir.audit
      WHERE ($1::text IS NULL OR actor = $1) AND ($2::text IS NULL OR action = $2) AND ($3::bigint IS NULL OR id < $3)
      ORDER BY id DESC LIMIT $4`,
    values: [actor ?? null, action ?? null, before ?? null, limit],
  });
}
