import type { Database, Queryable, Statement, Transaction } from '../../connectors/database.ts';
import { WeirError, type ErrorCode } from '../../errors.ts';
import type { PartitionPlan } from './job.ts';
import type { Failure } from './failure.ts';
import { readAgain } from './readAgain.ts';
import { failRun } from './runState.ts';

/** The lease of a run itself, for what one process does alone: its plan, its finish. */
export interface RunClaim {
  readonly runId: bigint;
  readonly token: bigint;
  readonly holder: string;
  readonly failures: number;
}

const mine = 'id = $1 AND token = $2 AND lease_owner = $3';
const released = 'lease_owner = NULL, lease_until = NULL, failures = 0, not_before = NULL';

function key({ runId, token, holder }: RunClaim): readonly unknown[] {
  return [runId, token, holder];
}

/** Claims a run that waits for its plan, or whose partitions are all completed. Undefined when another holds it, or it is not time. */
export async function claimRun(
  database: Queryable,
  request: { readonly runId: bigint; readonly planVersion: number; readonly holder: string; readonly leaseMs: number },
): Promise<RunClaim | undefined> {
  const [claim] = await database.query<RunClaim>({
    name: 'weir-job-claim-run',
    text: `
      UPDATE weir.job_run r
      SET token = token + 1, lease_owner = $3, lease_until = clock_timestamp() + $4 * interval '1 millisecond'
      WHERE id = $1 AND plan_version <= $2
        AND (lease_until IS NULL OR lease_until < clock_timestamp()) AND (not_before IS NULL OR not_before <= clock_timestamp())
        AND (status = 'PLANNING' OR (status = 'OPEN' AND NOT EXISTS (
          SELECT FROM weir.job_partition p WHERE p.run_id = r.id AND p.status <> 'COMPLETED')))
      RETURNING id AS "runId", token, lease_owner AS holder, failures`,
    values: [request.runId, request.planVersion, request.holder, request.leaseMs],
  });
  return claim;
}

/** Renews the lease of a run. False when another holds it. */
export async function renewRun(database: Queryable, claim: RunClaim, leaseMs: number): Promise<boolean> {
  const hits = await database.execute({
    name: 'weir-job-renew-run',
    text: `UPDATE weir.job_run SET lease_until = clock_timestamp() + $4 * interval '1 millisecond' WHERE ${mine}`,
    values: [...key(claim), leaseMs],
  });
  return hits === 1;
}

/** Gives the run back, not to be claimed before `delayMs` have passed; after a failed check of its result everything is read again. */
export async function releaseRun(database: Database, claim: RunClaim, delayMs: number, code: ErrorCode): Promise<void> {
  await database.withTransaction(async (transaction) => {
    const hits = await transaction.execute({
      name: 'weir-job-release-run',
      text: `
        UPDATE weir.job_run
        SET lease_owner = NULL, lease_until = NULL, failures = failures + 1, not_before = clock_timestamp() + $4 * interval '1 millisecond'
        WHERE ${mine}`,
      values: [...key(claim), delayMs],
    });
    if (hits === 1 && code === 'incomplete') await readAgain(transaction, claim.runId);
  });
}

/** Fails the run, if the claim still holds. */
export async function failClaimedRun(database: Database, claim: RunClaim, failure: Failure): Promise<void> {
  await database.withTransaction(async (transaction) => {
    if (await renewRun(transaction, claim, 0)) await failRun(transaction, claim.runId, failure);
  });
}

/** Ends the claim with the plan: partitions in their order, and the run is open. `fenced` when another holds it. */
export async function writePlan(
  transaction: Transaction,
  claim: RunClaim,
  planVersion: number,
  plan: readonly PartitionPlan[],
): Promise<void> {
  await conclude(transaction, claim, {
    text: `
      UPDATE weir.job_run
      SET status = 'OPEN', plan_version = $4, planned_at = clock_timestamp(), ${released} WHERE ${mine} AND status = 'PLANNING'`,
    values: [...key(claim), planVersion],
  });
  await transaction.execute({
    text: `
      INSERT INTO weir.job_partition (run_id, ordinal, name, input, total)
      SELECT $1, ordinal, name, input::jsonb, total
      FROM unnest($2::text[], $3::text[], $4::bigint[]) WITH ORDINALITY AS row (name, input, total, ordinal)`,
    values: [
      claim.runId,
      plan.map(({ name }) => name),
      plan.map(({ input }) => JSON.stringify(input)),
      plan.map(({ total }) => total ?? null),
    ],
  });
}

/** Ends the claim: the run is completed. `fenced` when another holds it. */
export async function completeRun(transaction: Transaction, claim: RunClaim): Promise<void> {
  await conclude(transaction, claim, {
    text: `UPDATE weir.job_run SET status = 'COMPLETED', finished_at = clock_timestamp(), ${released} WHERE ${mine} AND status = 'OPEN'`,
    values: key(claim),
  });
}

async function conclude(transaction: Transaction, claim: RunClaim, statement: Statement): Promise<void> {
  if ((await transaction.execute(statement)) === 1) return;
  throw new WeirError('fenced', `run ${claim.runId} was taken over or stopped meanwhile: nothing was written`);
}
