import type { MonthToBill } from './aMonth.ts';

/** What a delivery that has come to rest has left behind. */
export interface Delivered {
  /** What must never be: mails sent twice, mails without a bill that says so, bills that nothing brings back; empty when all is well. */
  readonly flaws: readonly string[];
  /** Bills by state. `waiting`: for a time; `parked`: for a person. */
  readonly bills: Readonly<Record<'COMPLETED' | 'FAILED' | 'waiting' | 'parked', number>>;
}

interface BillRow {
  readonly id: bigint;
  readonly state: string;
  /** Mailed for sure, perhaps, or not, as far as its row tells. */
  readonly mailed: 'yes' | 'maybe' | 'no';
  readonly open: bigint;
  readonly sent: bigint;
}

/** Compares every bill with the inbox; both are read anew. */
export async function delivered({ database, inbox }: MonthToBill): Promise<Delivered> {
  const rows = await database.query<BillRow>(bills);
  const mails = Map.groupBy(inbox.received(), ({ messageId }) => /^<bill\.(\d+)\./.exec(messageId)?.[1] ?? messageId);
  const flaws = [
    ...[...mails].filter(([, same]) => same.length > 1).map(([id, same]) => `mailed ${same.length} times: ${id}`),
    ...[...mails.keys()].filter((id) => !rows.some((row) => row.id.toString() === id)).map((id) => `mail from nowhere: ${id}`),
    ...rows.flatMap((row) => flawsOf(row, mails.has(row.id.toString()))),
  ];
  const count = (state: string): number => rows.filter((row) => row.state === state).length;
  return {
    flaws,
    bills: { COMPLETED: count('COMPLETED'), FAILED: count('FAILED'), waiting: count('waiting'), parked: count('parked') },
  };
}

function flawsOf({ id, state, mailed, open, sent }: BillRow, isInInbox: boolean): readonly string[] {
  const flaws: string[] = [];
  if (!['COMPLETED', 'FAILED', 'waiting', 'parked'].includes(state)) flaws.push(`nothing brings it back: ${id}, ${state}`);
  if (mailed === 'yes' && !isInInbox) flaws.push(`COMPLETED without a mail: ${id}`);
  if (mailed === 'no' && isInInbox) flaws.push(`mailed and ${state}: ${id}`);
  if (open > 0n) flaws.push(`a send that never ended: ${id}`);
  if (sent !== (mailed === 'yes' ? 1n : 0n)) flaws.push(`${sent} successful sends of a bill that is ${state}: ${id}`);
  return flaws;
}

const bills = `
  SELECT bill.id, state, CASE state WHEN 'COMPLETED' THEN 'yes' WHEN 'parked' THEN 'maybe' ELSE 'no' END AS mailed,
    (SELECT count(*) FROM billing.send_attempt WHERE billing_id = bill.id AND result IS NULL) AS open,
    (SELECT count(*) FROM billing.send_attempt WHERE billing_id = bill.id AND result = 'SENT') AS sent
  FROM billing.billing_p AS bill
  CROSS JOIN LATERAL (
    SELECT CASE
      WHEN park_reason IS NOT NULL THEN 'parked'
      WHEN send_status IN ('SEND_PENDING', 'IN_QUIET_HOUR') AND next_attempt_at IS NOT NULL THEN 'waiting'
      ELSE send_status END AS state
  ) AS told
  ORDER BY bill.id`;
