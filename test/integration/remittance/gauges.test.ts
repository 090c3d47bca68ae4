import { beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { failureStore, type FailingStep } from '../../../pipelines/remittance/failureStore.ts';
import type { NextTry } from '../../../pipelines/remittance/nextTry.ts';
import {
  failingRemittances,
  heldMoney,
  imbalance,
  lateRemittances,
  parkedRemittances,
  untoldRemittances,
} from '../../../pipelines/remittance/remittanceGauges.ts';
import { askGauge } from '../../support/askGauge.ts';
import type { GaugeQuestion } from '../../../src/runtime/gauges/gaugeQuestion.ts';
import { aCall, aLedger, aRequest, type ALedger } from './aLedger.ts';

let ledger: ALedger;

beforeAll(async () => {
  ledger = await aLedger();
});

beforeEach(() => ledger.empty());

async function ask(question: GaugeQuestion): Promise<readonly object[]> {
  const rows = await askGauge(ledger.database, ledger.now, question);
  return rows
    .map((row) => Object.fromEntries(Object.entries(row).map(([name, value]) => [name, typeof value === 'string' ? value : Number(value)])))
    .toSorted((one, other) => JSON.stringify(one).localeCompare(JSON.stringify(other)));
}

async function fail(step: FailingStep, id: bigint, requestId: bigint, code: string, next: NextTry): Promise<void> {
  const failure = { id, requestId, code, error: 'a sentence', tries: 3, next };
  await ledger.database.withTransaction((transaction) => failureStore(ledger.now).write(transaction, step, [failure]));
}

const setBalance = (id: bigint, amount: bigint): Promise<number> =>
  ledger.database.execute({ text: 'UPDATE remittance.kcd_bank_accounts SET balance_minor = $2 WHERE id = $1', values: [id, amount] });

describe('the gauges of remittances', () => {
  it('tell of those that have no end after ten minutes, by state, without parked ones', async () => {
    await aRequest(ledger, { state: 'WITHDRAWN' });
    await aRequest(ledger, { state: 'WITHDRAWN' });
    await aRequest(ledger, { state: 'COMPLETED' });
    const parked = await aRequest(ledger, { state: 'DEPOSITED' });
    await fail('withdrawal', parked, parked, 'INSUFFICIENT', { kind: 'parked' });
    ledger.pass(599);
    await aRequest(ledger);
    expect(await ask(lateRemittances)).toEqual([]);
    ledger.pass(1);
    expect(await ask(lateRemittances)).toEqual([{ state: 'WITHDRAWN', weir_remittances_late: 2 }]);
    expect(await ask(parkedRemittances)).toEqual([{ reason: 'INSUFFICIENT', weir_remittances_parked: 1 }]);
  });

  it('tell of dead letters that name no remittance among what is parked', async () => {
    await ledger.database.execute(`
      INSERT INTO remittance.kcd_bank_account_withdrawal_failures (origin, code, error, tries, failed_at, park_reason)
      VALUES ('remittance.deposited/0/1', 'undecodable', 'a sentence', 1, now(), 'undecodable')`);
    expect(await ask(parkedRemittances)).toEqual([{ reason: 'undecodable', weir_remittances_parked: 1 }]);
  });

  it('tell of steps that are tried again, by step', async () => {
    const id = await aRequest(ledger);
    const next = { kind: 'retry', at: ledger.now() } as const;
    await fail('deposit', id, id, 'INSUFFICIENT', next);
    await fail('call', await aCall(ledger, id), id, 'NO_ANSWER', next);
    const parked = await aCall(ledger, id, { kind: 'PAY_OUT' });
    await fail('call', parked, id, 'NO_ANSWER', { kind: 'parked' });
    expect(await ask(failingRemittances)).toEqual([
      { step: 'call', weir_remittances_failing: 1 },
      { step: 'deposit', weir_remittances_failing: 1 },
      { step: 'withdrawal', weir_remittances_failing: 0 },
    ]);
  });

  it('tell of money on our accounts, and of what no remittance explains', async () => {
    await aRequest(ledger, { state: 'DEPOSITED', amountMinor: 100n });
    await aRequest(ledger, { state: 'WITHDRAWN', amountMinor: 20n });
    await aRequest(ledger, { state: 'RETURNING', amountMinor: 3n });
    const suspended = await aRequest(ledger, { state: 'RETURNING', amountMinor: 4n });
    await aRequest(ledger, { state: 'COMPLETED', amountMinor: 50_000n });
    await ledger.database.execute({
      text: `INSERT INTO remittance.kcd_bank_account_records VALUES ($1, 'SUSPENDED', 2, 3, 4, now())`,
      values: [suspended],
    });
    await setBalance(1n, 100n);
    await setBalance(2n, 23n);
    await setBalance(3n, 5n);
    expect(await ask(heldMoney)).toEqual([
      { account: 'POOL', weir_remittances_held_minor: 100, weir_remittances_unexplained_minor: 0 },
      { account: 'SUSPENSE', weir_remittances_held_minor: 5, weir_remittances_unexplained_minor: 1 },
      { account: 'TRANSIT', weir_remittances_held_minor: 23, weir_remittances_unexplained_minor: 0 },
    ]);
    expect(await ask(imbalance)).toEqual([{ weir_remittances_imbalance_minor: 128 }]);
    await setBalance(11n, -128n);
    expect(await ask(imbalance)).toEqual([{ weir_remittances_imbalance_minor: 0 }]);
  });

  it('tell of late ones of which people were perhaps not told, until they have their end', async () => {
    for (const state of ['WITHDRAWN', 'COMPLETED'] as const) {
      await ledger.database.execute({
        text: `INSERT INTO remittance.late_notice (request_id, token, status, claimed_at, ended_at, reason) VALUES ($1, 1, 'PARKED', now(), now(), 'lost')`,
        values: [await aRequest(ledger, { state })],
      });
    }
    expect(await ask(untoldRemittances)).toEqual([{ status: 'PARKED', weir_remittances_untold: 1 }]);
  });
});
