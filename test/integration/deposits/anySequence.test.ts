import * as fc from 'fast-check';
import { beforeAll, describe, expect, it } from 'vitest';
import { aDeposits, aFill, type Deposits } from './aDeposits.ts';

let deposits: Deposits;
beforeAll(async () => {
  deposits = await aDeposits();
});

const users = ['1', '2', '5'] as const;
const opening = 1_000n;
/** Calendar days of the sequence; fills are of the trade days whose due days these are. */
const nights = ['2026-11-24', '2026-11-25', '2026-11-26', '2026-11-27', '2026-11-28'] as const;
const traded: Readonly<Record<string, string>> = {
  '2026-11-24': '2026-11-20',
  '2026-11-25': '2026-11-23',
  '2026-11-26': '2026-11-24',
  '2026-11-27': '2026-11-25',
};
const dues = Object.keys(traded);

const user = fc.constantFrom(...users);
const fill = fc.nat(11);
type Step =
  | { readonly kind: 'stage'; readonly trades: readonly { readonly fill: number; readonly isCancelled: boolean }[] }
  | { readonly kind: 'foreign'; readonly user: string; readonly due: string; readonly balance: number }
  | { readonly kind: 'night' };

const step: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 5,
    arbitrary: fc.record({
      kind: fc.constant('stage' as const),
      trades: fc.array(fc.record({ fill, isCancelled: fc.boolean() }), { minLength: 1, maxLength: 6 }),
    }),
  },
  {
    weight: 2,
    arbitrary: fc.record({
      kind: fc.constant('foreign' as const),
      user,
      due: fc.constantFrom(...dues),
      balance: fc.integer({ min: -500, max: 3_000 }),
    }),
  },
  { weight: 3, arbitrary: fc.record({ kind: fc.constant('night' as const) }) },
);

interface Trade {
  readonly userId: string;
  readonly amountMinor: bigint;
  readonly due: string;
}

/** What the fill of a number is, whoever tells of it. */
const tradeOf = (number: number): Trade => ({
  userId: users[number % users.length] as string,
  amountMinor: BigInt(number % 2 === 0 ? -(number + 1) : (number + 1) * 10),
  due: dues[number % dues.length] as string,
});

function message(number: number, isCancelled: boolean): object {
  const { userId, amountMinor, due } = tradeOf(number);
  const fillId = `f-${number}`;
  if (isCancelled) return { type: 'CANCELLED', fillId, userId };
  return aFill({ fillId, userId, amountMinor: amountMinor.toString(), market: 'XKRX', executedAt: `${traded[due]}T01:00:00Z` });
}

async function restart(): Promise<void> {
  await deposits.empty();
  await deposits.open(Object.fromEntries(users.map((one) => [one, opening])));
  await deposits.redis.mset(Object.fromEntries(users.map((one) => [`user:${one}:balance`, opening.toString()])));
}

describe('any sequence of trades, duplicates, cancellations and nights, some missed', { timeout: 240_000 }, () => {
  it('comes to the balances that are the sum of its fills, and at each step all that is shown is what the ledger says', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(
          step.filter(({ kind }) => kind !== 'foreign'),
          { minLength: 3, maxLength: 9 },
        ),
        fc.array(fc.nat(2), { minLength: 9, maxLength: 9 }),
        async (steps, missed) => {
          await restart();
          const [filled, cancelled] = [new Set<number>(), new Set<number>()];
          let night = 0;
          for (const [place, one] of steps.entries()) {
            if (one.kind === 'stage') {
              await deposits.stage(one.trades.map((trade) => message(trade.fill, trade.isCancelled)));
              for (const trade of one.trades) (trade.isCancelled ? cancelled : filled).add(trade.fill);
            } else if (one.kind === 'night') {
              night = Math.min(night + (missed[place] ?? 0), nights.length - 1);
              if (night < nights.length - 1) await deposits.settle(nights[night] as string);
              night = Math.min(night + 1, nights.length - 1);
            }
            expect(await deposits.flaws()).toEqual([]);
          }
          // Late ones are due the night after.
          await deposits.settle('2026-12-01', '2026-12-02');
          const expected = new Map<string, bigint>(users.map((one) => [one, opening]));
          for (const number of [...filled].filter((one) => !cancelled.has(one))) {
            const { userId, amountMinor } = tradeOf(number);
            expected.set(userId, (expected.get(userId) ?? 0n) + amountMinor);
          }
          expect(await deposits.balances()).toEqual(Object.fromEntries(expected));
          expect(await deposits.flaws()).toEqual([]);
        },
      ),
      { numRuns: 12, seed: 7, endOnFailure: true },
    );
  });

  it('with what other programs stage meanwhile shows at each night what the ledger says, and takes over each balance at most once', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(step, { minLength: 4, maxLength: 10 }), async (steps) => {
        await restart();
        const foreign = new Set<string>();
        let night = 0;
        for (const one of steps) {
          if (one.kind === 'stage') await deposits.stage(one.trades.map((trade) => message(trade.fill, trade.isCancelled)));
          else if (one.kind === 'foreign') {
            const key = `user:${one.user}:batch_balance:${one.due}`;
            await deposits.redis.set(key, one.balance);
            foreign.add(key);
          } else if (night < nights.length) {
            await deposits.settle(nights[night] as string);
            night += 1;
          }
        }
        await deposits.settle('2026-12-01', '2026-12-02');
        expect(await deposits.flaws()).toEqual([]);
        expect(await deposits.database.query('SELECT FROM deposits.ledger WHERE applied_on IS NULL')).toEqual([]);
      }),
      { numRuns: 12, seed: 11, endOnFailure: true },
    );
  });
});
