import { parkReasonOf } from '../../../pipelines/remittance/parkedFailures.ts';
import type { Queryable } from '../../../src/connectors/database.ts';
import { ledgerFlaws } from './ledgerFlaws.ts';

/** What must never be seen of requests, their records, calls and events, at any moment; empty where all is well. The outbox is whole. */
export async function bookingFlaws(database: Queryable): Promise<readonly string[]> {
  const rows = await database.query<{ readonly flaw: string }>(flaws);
  return [...(await ledgerFlaws(database)), ...rows.map(({ flaw }) => flaw)];
}

const flaws = `
  WITH standing AS (
    SELECT id, state, park_reason,
      coalesce((SELECT string_agg(kind, ' ' ORDER BY kind) FROM remittance.kcd_bank_account_records WHERE request_id = request.id), '') AS records,
      (SELECT count(*) FROM remittance.biz_remittance_request_records AS entered WHERE request_id = request.id AND entered.state = 'DEPOSITED') AS deposited,
      (SELECT count(*) FROM remittance.bank_call WHERE request_id = request.id AND kind = 'PAY_OUT') AS pay_outs,
      (SELECT count(*) FROM remittance.bank_call WHERE request_id = request.id AND kind = 'RETURN') AS returns,
      EXISTS (SELECT FROM remittance.outbox WHERE topic = 'remittance.deposited' AND key = request.id::text) AS is_told
    FROM remittance.biz_remittance_requests AS request
  ), expected AS (
    SELECT *, CASE state
      WHEN 'DEPOSITED' THEN '{MOVED_IN}'
      WHEN 'WITHDRAWN' THEN '{MOVED_IN WITHDRAWN}'
      WHEN 'COMPLETED' THEN '{MOVED_IN PAID_OUT WITHDRAWN}'
      WHEN 'RETURNING' THEN '{MOVED_IN REVERSED SENT_BACK WITHDRAWN,MOVED_IN REVERSED SENT_BACK SUSPENDED WITHDRAWN}'
      WHEN 'RETURNED' THEN '{MOVED_IN RETURNED REVERSED SENT_BACK WITHDRAWN}'
      ELSE '{""}' END::text[] AS records_of_state
    FROM standing
  )
  SELECT id || ' is ' || state || ' with records ' || records AS flaw FROM expected WHERE records <> ALL (records_of_state)
  UNION ALL
  SELECT id || ' is ' || state || ' with ' || pay_outs || ' pay-outs' FROM standing
  WHERE pay_outs <> CASE WHEN state IN ('WITHDRAWN', 'COMPLETED', 'RETURNING', 'RETURNED') THEN 1 ELSE 0 END
  UNION ALL
  SELECT id || ' is ' || state || ' with ' || returns || ' returns' FROM standing
  WHERE returns <> CASE WHEN state IN ('RETURNING', 'RETURNED') THEN 1 ELSE 0 END
  UNION ALL
  SELECT id || ' was deposited ' || deposited || ' times, told ' || is_told FROM standing WHERE (deposited = 1) <> is_told
  UNION ALL
  SELECT id || ' is put aside with reason ' || coalesce(park_reason, 'none') FROM standing
  WHERE (records LIKE '%SUSPENDED%') <> (park_reason IS NOT DISTINCT FROM 'RETURN_REFUSED')
  UNION ALL
  SELECT id || ' is parked as ' || coalesce(park_reason, 'nothing') || ', and its failures as ' || coalesce(failed_reason, 'nothing') FROM (
    SELECT id, park_reason, ${parkReasonOf('standing.id')} AS failed_reason FROM standing WHERE state NOT IN ('COMPLETED', 'FAILED', 'RETURNED')
  ) AS open WHERE park_reason IS DISTINCT FROM failed_reason`;
