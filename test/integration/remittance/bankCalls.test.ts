import { beforeAll, describe, expect, it } from 'vitest';
import { until } from '../../support/until.ts';
import { aRemittance, aRequest, openAccounts, standOf, type Remittance, type RemittanceProcess } from './aRemittance.ts';

let remittance: Remittance;
let process: RemittanceProcess;

beforeAll(async () => {
  remittance = await aRemittance();
  await openAccounts(remittance, { A: 10_000_000n, B: 0n });
  process = remittance.aProcess();
});

/** Calls alone: what the ledger does with what they leave is tested elsewhere. */
const callsAlone = ['remittance.bankCalls'];

/** Lets a process work at what is due now, to its end. */
async function work(by: RemittanceProcess = process): Promise<void> {
  const running = by.start(callsAlone);
  await remittance.quiet();
  expect(await running.drain()).toMatchObject([{ how: 'completed' }]);
}

const transferOf = (key: string) => remittance.bank.record().transfers.find((transfer) => transfer.key === key);

const endedAtBank = (key: string): Promise<unknown> =>
  until(`the bank has ended ${key}`, () => (transferOf(key)?.status ?? 'ACCEPTED') !== 'ACCEPTED');

describe('calls of the bank', () => {
  it('move the money in, and leave what the ledger must learn of', async () => {
    const number = await aRequest(process);
    await work();
    await endedAtBank(`${number}-MOVE_IN-1`);
    expect(await standOf(remittance, number)).toMatchObject({ state: 'REQUESTED', calls: ['MOVE_IN 1 ASKED'], asks: 1, tries: 0 });
    remittance.pass(10_000);
    await work();
    expect(await standOf(remittance, number)).toMatchObject({
      state: 'DEPOSIT_PENDING',
      calls: ['MOVE_IN 1 DONE'],
      states: ['REQUESTED', 'DEPOSIT_PENDING'],
    });
    expect(remittance.bank.record().accounts[0]?.balance).toBe(10_000_000n - 12_000n);
  });
});
