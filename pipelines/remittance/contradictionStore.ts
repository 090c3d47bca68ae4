import type { Queryable } from '../../src/connectors/database.ts';

/**
 * The code of a failure of a call about which a bank has said one thing first and then the opposite. Until a person has ended it, nothing
 * further is done for the request of the call: whatever were done next might be done with money that is not there.
 */
export const contradiction = 'CONTRADICTION';

/** SQL: whether a bank has contradicted itself about any call of the request. `requestId`: the column that names it, with its table. */
export function isContradicted(requestId: string): string {
  return `EXISTS (SELECT FROM remittance.biz_remittance_request_failures AS contradicted
    WHERE contradicted.request_id = ${requestId} AND contradicted.park_reason = '${contradiction}')`;
}

/** Those of the requests. A statement of its own behind their locks: one that waits for the lock would not see what was written meanwhile. */
export async function contradictedOf(transaction: Queryable, requestIds: readonly bigint[]): Promise<ReadonlySet<bigint>> {
  const statement = { text: whichContradicted, values: [requestIds], name: 'remittance.whichContradicted' };
  const rows = await transaction.query<{ readonly request_id: bigint }>(statement);
  return new Set(rows.map(({ request_id }) => request_id));
}

const whichContradicted = `
  SELECT request_id FROM remittance.biz_remittance_request_failures
  WHERE request_id = ANY ($1::bigint[]) AND park_reason = '${contradiction}'`;
