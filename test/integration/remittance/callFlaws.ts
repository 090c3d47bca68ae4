import type { Remittance } from './aRemittance.ts';

/** What must never be seen of calls at any moment, also while nobody works: empty where all is well. */
export async function callFlawsOf({ database, bank, store }: Remittance): Promise<readonly string[]> {
  const rows = await database.query<{ readonly flaw: string }>(flaws);
  const calls = await database.query<CallRow>('SELECT id, idempotency_key, status, booked_at, next_ask_at FROM remittance.bank_call');
  // Read after the rows: what they call done has been done by now.
  const transfers = new Map(bank.record().transfers.map((transfer) => [transfer.key, transfer]));
  const told = new Set(await toldCalls(database, store));
  const ofCalls = calls.flatMap(({ id, idempotency_key: key, status, booked_at }) => {
    const atBank = transfers.get(key)?.status;
    return [
      ...(status === 'DONE' && atBank !== 'DONE' ? [`${key} is called done and is ${atBank}`] : []),
      ...(status === 'REFUSED' && atBank !== 'REFUSED' ? [`${key} is called refused and is ${atBank}`] : []),
      ...(status === 'READY' && atBank !== undefined ? [`${key} was sent before it was claimed`] : []),
      ...((status === 'DONE' || status === 'REFUSED') && booked_at === null && !told.has(id)
        ? [`${key} has ended and nobody is told`]
        : []),
    ];
  });
  const ours = new Set(calls.map(({ idempotency_key }) => idempotency_key));
  const strange = [...transfers.keys()].filter((key) => !ours.has(key)).map((key) => `${key} moved money and is in no row`);
  return [...rows.map(({ flaw }) => flaw), ...ofCalls, ...strange];
}

/** Calls whose end stands in the outbox or on the bus. */
async function toldCalls(database: Remittance['database'], store: Remittance['store']): Promise<readonly bigint[]> {
  const waiting = await database.query<{ readonly value: Buffer }>(
    `SELECT value FROM remittance.outbox WHERE topic = 'remittance.callEnded'`,
  );
  const published = store.topic({ name: 'remittance.callEnded', partitions: 3 }).partitions.flat();
  return [...waiting, ...published].map(({ value }) => BigInt((JSON.parse(Buffer.from(value).toString()) as { id: string }).id));
}

interface CallRow {
  readonly id: bigint;
  readonly idempotency_key: string;
  readonly status: string;
  readonly booked_at: Date | null;
  readonly next_ask_at: Date | null;
}

const flaws = `
  SELECT request.id || ' has no call' AS flaw FROM remittance.biz_remittance_requests AS request
  WHERE NOT EXISTS (SELECT FROM remittance.bank_call WHERE request_id = request.id)
  UNION ALL
  SELECT request.id || ' is ' || request.state || ' and was never' FROM remittance.biz_remittance_requests AS request
  WHERE NOT EXISTS (SELECT FROM remittance.biz_remittance_request_records AS record WHERE request_id = request.id AND record.state = request.state)
  UNION ALL
  SELECT request.id || ' is ' || state || ' and its call ' || status FROM remittance.biz_remittance_requests AS request
  JOIN remittance.bank_call AS call ON request_id = request.id AND kind = 'MOVE_IN'
  WHERE (state = 'REQUESTED') <> (status IN ('READY', 'ASKED')) OR (state = 'FAILED') <> (status = 'REFUSED')
  UNION ALL
  SELECT call.id || ' waits for nothing' FROM remittance.bank_call AS call
  WHERE status IN ('READY', 'ASKED') AND next_ask_at IS NULL
    AND NOT EXISTS (SELECT FROM remittance.biz_remittance_request_failures WHERE call_id = call.id AND ended_at IS NULL)`;
