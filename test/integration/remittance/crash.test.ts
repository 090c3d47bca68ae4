import { beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { until } from '../../support/until.ts';
import type { PostgresDatabase } from '../../../src/connectors/postgres/openDatabase.ts';
import { dueCallTopic } from '../../../pipelines/remittance/remittanceTopics.ts';
import { openPool } from '../jobs/copyJob.ts';
import { mortalAt, type MortalAt } from '../payments/mortalAt.ts';
import { aRemittance, aRequest, openAccounts, standOf, type Remittance, type RemittanceProcess, type Running } from './aRemittance.ts';
import { callFlawsOf } from './callFlaws.ts';

let remittance: Remittance;
let alive: RemittanceProcess;
let pool: PostgresDatabase;

beforeAll(async () => {
  remittance = await aRemittance();
  await openAccounts(remittance, { A: 1_000_000_000n, B: 0n });
  alive = remittance.aProcess();
  pool = openPool(remittance.url);
});

beforeEach(() => remittance.bank.faults.clear());

const callsAlone = ['remittance.bankCalls'];
const soon = { 'remittance.bankCalls': { ask: { claimWaitMs: 0 }, record: { maxWaitMs: 1 }, leaseBeyondMs: 1_000 } };

/** A life that ends one moment later each time; answers how many moments it has. */
async function sweep(live: (process: MortalAt) => Promise<unknown>, after: (where: string) => Promise<void>): Promise<number> {
  for (let lastMoment = 1; ; lastMoment += 1) {
    const process = mortalAt(pool, lastMoment);
    const hasLived = await process.lives(() => live(process));
    expect(await callFlawsOf(remittance), process.where()).toEqual([]);
    await after(process.where());
    expect(await callFlawsOf(remittance), process.where()).toEqual([]);
    if (hasLived) return lastMoment - 1;
  }
}

/** What a process does whose kill is only felt by what it touches. */
const mortalProcess = ({ database, runner: { wire, clock } }: MortalAt): RemittanceProcess =>
  remittance.aProcess({ database, wire, clock, options: soon });

/** Lets time pass, has what stands published again as the job does, and works until no call is open. */
async function heal(): Promise<void> {
  for (let round = 0; round < 10; round += 1) {
    const open = await remittance.database.query<{ readonly id: bigint }>(
      `SELECT id FROM remittance.bank_call WHERE status IN ('READY', 'ASKED')`,
    );
    if (open.length === 0) return;
    remittance.pass(120_000);
    const values = open.map(({ id }) => ({ key: id.toString(), value: Buffer.from(JSON.stringify({ version: 1, id: id.toString() })) }));
    remittance.store.append(dueCallTopic, values);
    const running = alive.start(callsAlone);
    await remittance.quiet();
    await running.drain();
    await until('the bank has ended everything', () => remittance.bank.record().transfers.every(({ status }) => status !== 'ACCEPTED'));
  }
}

const atMostOnce = (numbers: readonly bigint[]): void => {
  for (const number of numbers) {
    const made = remittance.bank.record().transfers.filter(({ key }) => key.startsWith(`${number}-`));
    expect(made).toHaveLength(1);
  }
};

describe('a process that dies', { timeout: 240_000 }, () => {
  it('while it takes a request on leaves all of it or nothing, and the same key finds out which', async () => {
    let key = '';
    let keys = 0;
    const moments = await sweep(
      (process) => {
        keys += 1;
        key = `mortal-${keys}`;
        return aRequest(mortalProcess(process), { key });
      },
      async (where) => {
        // Its transaction may still be rolled back, which answers 409.
        const number = await until('its key is free', () => aRequest(alive, { key }));
        expect(await aRequest(alive, { key }), where).toBe(number);
        const values = [key];
        const rows = await remittance.database.query({
          text: 'SELECT FROM remittance.biz_remittance_requests WHERE idempotency_key = $1',
          values,
        });
        expect(rows, where).toHaveLength(1);
        await heal();
        expect(await standOf(remittance, number), where).toMatchObject({ state: 'DEPOSIT_PENDING', calls: ['MOVE_IN 1 DONE'] });
        atMostOnce([number]);
      },
    );
    expect(moments).toBeGreaterThan(8);
  });

  it.each([
    ['', undefined],
    [', also where answers are lost', { phase: 'after', on: 'POST /transfers', action: { kind: 'cut' }, times: 1 }],
  ] as const)('while it claims, asks and records leaves every call to its end, once at the bank%s', async (_name, fault) => {
    let numbers: readonly bigint[] = [];
    let running: Running | undefined;
    const moments = await sweep(
      async (process) => {
        remittance.bank.faults.clear();
        if (fault !== undefined) remittance.bank.faults.add(fault);
        numbers = [await aRequest(alive), await aRequest(alive, { amountMinor: 2_000_000_000n })];
        const mine = mortalProcess(process).start(callsAlone);
        running = mine;
        for (let round = 0; round < 3 && running === mine; round += 1) {
          await remittance.quiet(() => running !== mine);
          if (running === mine) remittance.pass(40_000);
        }
      },
      async (where) => {
        running?.cut();
        running = undefined;
        await heal();
        const stands = await Promise.all(numbers.map((number) => standOf(remittance, number)));
        expect(
          stands.map(({ state }) => state),
          where,
        ).toEqual(['DEPOSIT_PENDING', 'FAILED']);
        atMostOnce(numbers);
      },
    );
    expect(moments).toBeGreaterThan(20);
  });

  it.each([
    ['done', 12_000n, 'DEPOSIT_PENDING'],
    ['refused', 2_000_000_000n, 'FAILED'],
  ] as const)('while it takes a callback (%s) leaves it to its next delivery', async (kind, amountMinor, state) => {
    let number = 0n;
    const event = () => ({
      eventId: `event ${number}`,
      key: `${number}-MOVE_IN-1`,
      word: kind === 'done' ? ({ kind } as const) : ({ kind, reason: 'INSUFFICIENT_FUNDS' } as const),
    });
    const moments = await sweep(
      async (process) => {
        number = await aRequest(alive, { amountMinor });
        const running = alive.start(callsAlone);
        await remittance.quiet();
        await running.drain();
        await until('the bank has ended it', () => remittance.bank.record().transfers.every(({ status }) => status !== 'ACCEPTED'));
        return mortalProcess(process).ports.callbacks.take(event());
      },
      async (where) => {
        const again = await alive.ports.callbacks.take(event());
        expect(['recorded', 'duplicate'], where).toContain(again);
        expect(await standOf(remittance, number), where).toMatchObject({ state, parked: null });
      },
    );
    expect(moments).toBeGreaterThan(8);
  });
});
