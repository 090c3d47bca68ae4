import { from, lastValueFrom, toArray } from 'rxjs';
import { beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { deliver } from '../../../pipelines/billing/deliver.pipeline.ts';
import { deliverOptions } from '../../../pipelines/billing/deliverOptions.ts';
import { encodeDispatchedBill, type DispatchedBill } from '../../../pipelines/billing/dispatchedBill.ts';
import { encryptField } from '../../../src/message/encryption.ts';
import { parseKeyRing, type KeyRing } from '../../../src/message/keyRing.ts';
import { anOpen, aRun, type RecordedDeadLetter } from '../../support/aRun.ts';
import { aBilling, billRow, emptied, pending, type Billing } from './aBilling.ts';

let billing: Billing;

beforeAll(async () => {
  billing = await aBilling();
});

beforeEach(() => emptied(billing));

/** Sends messages of bills through the chain, into the database and to a mail server that takes everything. */
async function delivered(bills: readonly DispatchedBill[]): Promise<{ ends: string[]; deadLetters: readonly RecordedDeadLetter[] }> {
  const run = { ...aRun(), clock: billing.clock };
  const message$ = from(bills.map((bill, at) => anOpen(encodeDispatchedBill(bill), { position: String(at), run })));
  const left = await lastValueFrom(deliver.chain(message$, billing.ports, deliverOptions.parse({})).pipe(toArray()), { defaultValue: [] });
  const ended = new Map(left.map(({ envelope, outcome }) => [envelope.position, outcome ?? 'done']));
  return { ends: bills.map((_, at) => ended.get(String(at)) ?? 'lost'), deadLetters: run.deadLetters };
}

/** Everything that tells what became of bills. */
async function rows(): Promise<unknown> {
  const bills = await billing.database.query('SELECT * FROM billing.billing_p ORDER BY id');
  const attempts = await billing.database.query('SELECT * FROM billing.send_attempt ORDER BY id');
  return { bills, attempts, failures: await billing.database.query('SELECT * FROM billing.email_fail_log ORDER BY id') };
}

describe('a claimed bill that cannot be read', () => {
  it.each([
    [
      'whose details are damaged',
      'undecodable',
      `UPDATE billing.billing_p SET billing_details = '{"finalAmount": 10000}' WHERE public_info_id = 1001`,
    ],
    ['whose address does not open', 'decryption', `UPDATE billing.member SET email = 'damaged' WHERE public_info_id = 1001`],
    [
      'whose name is that of another member',
      'decryption',
      `UPDATE billing.member SET name = (SELECT name FROM billing.member WHERE public_info_id = 1002) WHERE public_info_id = 1001`,
    ],
  ])('%s has failed with its reason, since nothing was sent, and its neighbour is mailed', async (_how, code, damage) => {
    const bills = [...(await pending(billing, 2))].sort((one, other) => Number(one.publicInfoId - other.publicInfoId));
    const [bill] = bills;
    if (bill === undefined) throw new Error('no bill was made');
    await billing.database.execute(damage);
    const { ends, deadLetters } = await delivered(bills);
    expect(ends).toEqual(['dead', 'done']);
    expect(deadLetters).toMatchObject([{ stage: 'record', code }]);
    expect(await billRow(billing, bill)).toMatchObject({ send_status: 'FAILED', fail_code: code, send_token: null, lease_until: null });
    const failures = `
      SELECT attempt.result, attempt.code, log.billing_id, log.public_info_id, log.code AS log_code, log.error
      FROM billing.email_fail_log AS log JOIN billing.send_attempt AS attempt ON attempt.id = log.attempt_id`;
    expect(await billing.database.query(failures)).toEqual([
      { result: 'REFUSED', code, billing_id: bill.billId, public_info_id: 1_001n, log_code: code, error: deadLetters[0]?.text },
    ]);

    // A process that died between the record and the dead letter is told of its message again.
    const before = await rows();
    expect(await delivered([bill])).toMatchObject({ ends: ['dead'], deadLetters: [{ code }] });
    expect(await rows()).toEqual(before);
    expect(billing.told.filter(([what]) => what.includes('parked'))).toEqual([]);
  });
});

describe('a claimed bill whose key this process has not', () => {
  it('waits, and is mailed by a process that has the key', async () => {
    const [bill] = await pending(billing, 1);
    if (bill === undefined) throw new Error('no bill was made');
    const elsewhere = parseKeyRing(`elsewhere:${Buffer.alloc(32, 9).toString('base64')}`);
    const move = (ring: KeyRing): Promise<unknown> =>
      billing.database.execute({
        text: 'UPDATE billing.member SET email = $1 WHERE public_info_id = 1001',
        values: [encryptField(ring, '1001', 'email', 'gildong@example.com')],
      });
    await move(elsewhere);
    expect(await delivered([bill])).toEqual({ ends: ['deferred'], deadLetters: [] });
    expect(await billRow(billing, bill)).toMatchObject({ send_status: 'SEND_PENDING', fail_code: null });
    await move(billing.ring);
    billing.setNow(new Date(billing.clock.now().getTime() + 3_600_000).toISOString());
    expect(await delivered([bill])).toEqual({ ends: ['done'], deadLetters: [] });
    expect(await billRow(billing, bill)).toMatchObject({ send_status: 'COMPLETED' });
  });
});
