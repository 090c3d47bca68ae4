import fc from 'fast-check';
import { expect, test } from 'vitest';
import { startBank, type Bank, type BankRecord } from '../../simulators/bank.ts';
import type { HttpFault } from '../../simulators/httpFaults.ts';
import { until } from '../support/until.ts';
import { asking } from './asking.ts';

const accounts = ['A', 'B', 'C'];
const transfer = fc.record({
  what: fc.constant('transfer' as const),
  kind: fc.constantFrom('MOVE_IN', 'PAY_OUT', 'RETURN'),
  account: fc.constantFrom(...accounts, 'nobody'),
  amount: fc.integer({ min: 1, max: 800 }),
  // Few keys, so that many orders repeat one or clash.
  key: fc.integer({ min: 1, max: 15 }),
});
const fault = fc.record({
  what: fc.constant('fault' as const),
  phase: fc.constantFrom('before' as const, 'after' as const),
  action: fc.constantFrom<HttpFault>({ kind: 'cut' }, { kind: 'reply', status: 500 }, { kind: 'detour', arrivesAfterMs: 1 }),
});
const change = fc.record({ what: fc.constantFrom('open' as const, 'close' as const), account: fc.constantFrom(...accounts) });
const step = fc.oneof({ weight: 8, arbitrary: transfer }, { weight: 3, arbitrary: fault }, { weight: 1, arbitrary: change });

type Step = typeof step extends fc.Arbitrary<infer S> ? S : never;

async function take(bank: Bank, next: Step): Promise<void> {
  if (next.what === 'transfer') {
    const { kind, account, amount, key } = next;
    // A cut line is an answer like any other.
    await asking(bank.url, 'POST /transfers', { kind, account, amount: String(amount) }, `key-${key}`).catch(() => undefined);
  } else if (next.what === 'fault') bank.faults.add({ phase: next.phase, action: next.action, times: 1 });
  else if (next.what === 'open') bank.openAccount(next.account, 300n);
  else bank.closeAccount(next.account);
  conserved(bank.record());
}

function conserved({ accounts: all, pooled, broughtIn, transfers }: BankRecord): void {
  expect(all.reduce((sum, { balance }) => sum + balance, pooled)).toBe(broughtIn);
  expect([pooled, ...all.map(({ balance }) => balance)].every((amount) => amount >= 0n)).toBe(true);
  expect(new Set(transfers.map(({ key }) => key)).size).toBe(transfers.length);
  const carriedOut = transfers.filter(({ status }) => status === 'DONE');
  expect(carriedOut.reduce((sum, { kind, amount }) => (kind === 'MOVE_IN' ? sum + amount : sum - amount), 0n)).toBe(pooled);
}

test('money is neither made nor lost, whatever is asked at once and whatever fails', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(step, { minLength: 5, maxLength: 40 }), fc.integer({ min: 1, max: 8 }), async (steps, atOnce) => {
      const bank = await startBank({ token: 'secret', executesAfterMs: 1 });
      try {
        for (const account of accounts) bank.openAccount(account, 1_000n);
        for (let at = 0; at < steps.length; at += atOnce) await Promise.all(steps.slice(at, at + atOnce).map((next) => take(bank, next)));
        await until('all have ended', () => bank.record().transfers.every(({ status }) => status !== 'ACCEPTED'));
        conserved(bank.record());
      } finally {
        await bank.close();
      }
    }),
    { numRuns: 40 },
  );
});
