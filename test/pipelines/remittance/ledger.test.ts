import { assert, bigInt, constantFrom, property, record, array } from 'fast-check';
import { describe, expect, it } from 'vitest';
import { bookTransfers, type Balance, type Transfer } from '../../../pipelines/remittance/ledger.ts';

const [pool, transit, business] = [1n, 2n, 11n];

const balances = (poolMinor: bigint, transitMinor = 0n): ReadonlyMap<bigint, Balance> =>
  new Map([
    [pool, { balanceMinor: poolMinor, mayBeNegative: false }],
    [transit, { balanceMinor: transitMinor, mayBeNegative: false }],
    [business, { balanceMinor: 0n, mayBeNegative: true }],
  ]);

const aTransfer = (over: Partial<Transfer> = {}): Transfer => ({
  ...{ requestId: 1n, kind: 'WITHDRAWN', debitAccountId: pool, creditAccountId: transit, amountMinor: 100n },
  ...over,
});

describe('a chunk of transfers', () => {
  it('of nothing changes nothing', () => {
    expect(bookTransfers(balances(0n), [])).toEqual({ verdicts: [], changes: new Map() });
  });

  it('changes each account once', () => {
    const transfers = [1n, 2n, 3n].map((requestId) => aTransfer({ requestId }));
    expect(bookTransfers(balances(1_000n), transfers)).toEqual({
      verdicts: ['posted', 'posted', 'posted'],
      changes: new Map([
        [pool, -300n],
        [transit, 300n],
      ]),
    });
  });

  it('leaves out who finds too little, and books smaller ones behind', () => {
    const transfers = [100n, 950n, 50n, 851n, 850n].map((amountMinor, place) => aTransfer({ requestId: BigInt(place), amountMinor }));
    expect(bookTransfers(balances(1_000n), transfers).verdicts).toEqual(['posted', 'insufficient', 'posted', 'insufficient', 'posted']);
  });

  it('gives what came in before to those behind, and nothing of what comes after', () => {
    const comes = aTransfer({ requestId: 2n, kind: 'MOVED_IN', debitAccountId: business, creditAccountId: pool });
    expect(bookTransfers(balances(0n), [comes, aTransfer()]).verdicts).toEqual(['posted', 'posted']);
    expect(bookTransfers(balances(0n), [aTransfer(), comes]).verdicts).toEqual(['insufficient', 'posted']);
  });

  it('books the way there and back of one request, which changes no balance', () => {
    const there = aTransfer({ kind: 'REVERSED', debitAccountId: transit, creditAccountId: pool });
    const back = aTransfer({ kind: 'SENT_BACK' });
    expect(bookTransfers(balances(0n, 100n), [there, back])).toEqual({ verdicts: ['posted', 'posted'], changes: new Map() });
    // Never one of them alone: what is on the pooled account is others' money.
    expect(bookTransfers(balances(500n, 99n), [there, back])).toEqual({ verdicts: ['insufficient', 'insufficient'], changes: new Map() });
  });

  it('lets a business fall below zero, and nobody else', () => {
    const taken = aTransfer({ debitAccountId: business, creditAccountId: pool });
    expect(bookTransfers(balances(0n), [taken]).changes.get(business)).toBe(-100n);
    expect(bookTransfers(balances(0n), [aTransfer({ debitAccountId: transit, creditAccountId: business })]).verdicts).toEqual([
      'insufficient',
    ]);
  });

  it('takes from no account that is not locked', () => {
    expect(() => bookTransfers(balances(0n), [aTransfer({ debitAccountId: 99n })])).toThrow('not locked: 99');
  });
});

const ids = [1n, 2n, 3n, 11n, 12n];
const amount = bigInt({ min: 1n, max: 1_000n });
const anyTransfer = record({
  requestId: bigInt({ min: 1n, max: 8n }),
  kind: constantFrom('MOVED_IN' as const, 'WITHDRAWN' as const),
  debitAccountId: constantFrom(...ids),
  creditAccountId: constantFrom(...ids),
  amountMinor: amount,
}).filter(({ debitAccountId, creditAccountId }) => debitAccountId !== creditAccountId);
const anyBalances = array(bigInt({ min: 0n, max: 2_000n }), { minLength: 5, maxLength: 5 }).map(
  (amounts) => new Map(ids.map((id, place) => [id, { balanceMinor: amounts[place] ?? 0n, mayBeNegative: id > 10n }] as const)),
);
const anyChunk = array(anyTransfer, { maxLength: 24 });

const postedOf = (transfers: readonly Transfer[], { verdicts }: ReturnType<typeof bookTransfers>): readonly Transfer[] =>
  transfers.filter((_, place) => verdicts[place] === 'posted');

/** The plainest ledger: one transfer after another; undefined where an account falls below zero that must not. */
function folded(before: ReadonlyMap<bigint, Balance>, transfers: readonly Transfer[]): Map<bigint, bigint> | undefined {
  const after = new Map([...before].map(([id, { balanceMinor }]) => [id, balanceMinor]));
  for (const { debitAccountId, creditAccountId, amountMinor } of transfers) {
    after.set(debitAccountId, (after.get(debitAccountId) ?? 0n) - amountMinor);
    after.set(creditAccountId, (after.get(creditAccountId) ?? 0n) + amountMinor);
    if (before.get(debitAccountId)?.mayBeNegative === false && (after.get(debitAccountId) ?? 0n) < 0n) return undefined;
  }
  return after;
}

const byRequest = (transfers: readonly Transfer[]): readonly Transfer[] =>
  [...Map.groupBy(transfers, (one) => one.requestId).values()].flat();

describe('whatever the chunk', () => {
  it('no money is made or lost, and every change is the fold of what was posted', () => {
    assert(
      property(anyBalances, anyChunk, (before, transfers) => {
        const booked = bookTransfers(before, transfers);
        expect(booked.verdicts).toHaveLength(transfers.length);
        expect([...booked.changes.values()].reduce((sum, change) => sum + change, 0n)).toBe(0n);
        const after = new Map([...before].map(([id, { balanceMinor }]) => [id, balanceMinor + (booked.changes.get(id) ?? 0n)]));
        // `folded` is undefined where an account is below zero on the way.
        expect(folded(before, byRequest(postedOf(transfers, booked)))).toEqual(after);
      }),
    );
  });

  it('those that are refused change nothing for the others: without them, the same are posted', () => {
    assert(
      property(anyBalances, anyChunk, (before, transfers) => {
        const posted = postedOf(transfers, bookTransfers(before, transfers));
        expect(postedOf(posted, bookTransfers(before, posted))).toEqual(posted);
      }),
    );
  });

  it('a request is posted whole or not at all, and refused only where its money is not there when its turn comes', () => {
    assert(
      property(anyBalances, anyChunk, (before, transfers) => {
        const booked = bookTransfers(before, transfers);
        const posted = new Set(postedOf(transfers, booked).map(({ requestId }) => requestId));
        const turns = [...Map.groupBy(transfers, (one) => one.requestId)];
        turns.forEach(([requestId, ofRequest], turn) => {
          const earlier = turns.slice(0, turn).flatMap(([id, those]) => (posted.has(id) ? those : []));
          expect(folded(before, [...earlier, ...ofRequest]) !== undefined).toBe(posted.has(requestId));
        });
        transfers.forEach(({ requestId }, place) => expect(booked.verdicts[place] === 'posted').toBe(posted.has(requestId)));
      }),
    );
  });
});
