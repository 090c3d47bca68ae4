import type { Database } from '../../src/connectors/database.ts';
import type { RequestState } from './requestState.ts';

/** A request as its caller sees it. */
export interface RequestSheet {
  readonly requestId: bigint;
  readonly state: RequestState;
  readonly fromAccount: string;
  readonly toAccount: string;
  readonly amountMinor: bigint;
  /** Why it failed, or goes back. */
  readonly failCode: string | undefined;
  /** Every state that it has been in, in their order. */
  readonly states: readonly { readonly state: RequestState; readonly at: Date }[];
}

/** Looks requests up. */
export interface RequestSheetStore {
  find(requestId: bigint): Promise<RequestSheet | undefined>;
}

/** The question of a request on a database. */
export function requestSheetStore(database: Database): RequestSheetStore {
  return {
    find: async (requestId) => {
      const rows = await database.query<SheetRow>({ text: findSheet, values: [requestId], name: 'remittance.findSheet' });
      const [row] = rows;
      if (row === undefined) return undefined;
      return {
        requestId,
        state: row.state,
        fromAccount: row.from_account,
        toAccount: row.to_account,
        amountMinor: row.amount_minor,
        failCode: row.fail_code ?? undefined,
        states: rows.map(({ recorded_state, recorded_at }) => ({ state: recorded_state, at: recorded_at })),
      };
    },
  };
}

/** One for each state that the request has been in. */
interface SheetRow {
  readonly state: RequestState;
  readonly from_account: string;
  readonly to_account: string;
  readonly amount_minor: bigint;
  readonly fail_code: string | null;
  readonly recorded_state: RequestState;
  readonly recorded_at: Date;
}

// In an order that every way through the states follows: several are entered at one instant.
const findSheet = `
  SELECT request.state, a.account_number AS from_account, b.account_number AS to_account, amount_minor, fail_code,
    record.state AS recorded_state, recorded_at
  FROM remittance.biz_remittance_requests AS request
  JOIN remittance.kcd_bank_accounts AS a ON a.id = from_account_id
  JOIN remittance.kcd_bank_accounts AS b ON b.id = to_account_id
  JOIN remittance.biz_remittance_request_records AS record ON request_id = request.id
  WHERE request.id = $1
  ORDER BY array_position(
    ARRAY['REQUESTED', 'DEPOSIT_PENDING', 'DEPOSITED', 'WITHDRAWN', 'COMPLETED', 'FAILED', 'REVERSED', 'RETURNING', 'RETURNED'], record.state)`;
