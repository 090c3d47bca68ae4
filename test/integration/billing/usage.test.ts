import { beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { periodStore } from '../../../pipelines/billing/periodStore.ts';
import { lockWaits } from '../../support/lockWaits.ts';
import { until } from '../../support/until.ts';
import { aBilling, aNewMember, aUsage, emptied, type Billing } from './aBilling.ts';

let billing: Billing;

beforeAll(async () => {
  billing = await aBilling();
});

beforeEach(async () => {
  await emptied(billing);
  await billing.members.insertMembers([aNewMember()]);
});

const october = aUsage();
const periods = (): Promise<readonly object[]> => billing.database.query('SELECT id, period FROM billing.usage ORDER BY id, period');
const states = (): Promise<readonly object[]> =>
  billing.database.query(`SELECT period, closing_at IS NOT NULL AS is_begun, closed_at IS NOT NULL AS is_closed
    FROM billing.billing_period WHERE period IN ('2026-10-01', '2026-11-01') ORDER BY period`);
const close = (month: '2026-10' | '2026-11' = '2026-10'): Promise<void> => billing.ports.periods.closeMonth(month, billing.clock.now());
const closeByHand = 'UPDATE billing.billing_period SET closing_at = now(), closed_at = now()';
const beginClosing = (): Promise<number> =>
  billing.database.execute(`UPDATE billing.billing_period SET closing_at = '2026-11-01' WHERE period = '2026-10-01'`);
const waiting = (): Promise<number> => lockWaits(billing.database);

/** A writer that is in October, with this line, and stays there until `leave` is called. */
async function aSlowWriter(id: bigint): Promise<{ readonly leave: () => void; readonly gone: Promise<unknown> }> {
  const left = Promise.withResolvers<undefined>();
  const entered = Promise.withResolvers<undefined>();
  const gone = billing.database.withTransaction(async (transaction) => {
    await transaction.execute(`SELECT FROM billing.billing_period WHERE period = '2026-10-01' FOR KEY SHARE`);
    await transaction.execute({
      text: `INSERT INTO billing.usage VALUES ('2026-10-01', $1, 1001, '2026-10-10', 'DATA', 'x', 1, 10000)`,
      values: [id],
    });
    entered.resolve(undefined);
    await left.promise;
  });
  await entered.promise;
  return { leave: () => left.resolve(undefined), gone };
}

describe('usage', () => {
  it('is billed once, however often and whenever it is given', async () => {
    const batch = [october, aUsage({ id: 5_002n, amountMinor: 700n })];
    await billing.members.insertUsage(batch);
    await billing.members.insertUsage(batch);
    await billing.run('billing.settle', '2026-11');
    await billing.members.insertUsage(batch);
    await billing.members.insertUsage([...batch, aUsage({ id: 5_003n, amountMinor: 33n })]);
    await billing.members.insertUsage([...batch, aUsage({ id: 5_003n, amountMinor: 33n })]);
    billing.setNow('2026-11-30T15:00:00Z');
    expect(await billing.run('billing.settle', '2026-12')).toMatchObject({ how: 'completed' });
    await billing.members.insertUsage([...batch, aUsage({ id: 5_003n, amountMinor: 33n })]);
    expect(await billing.database.query('SELECT billing_date, billing_fee FROM billing.billing_p ORDER BY 1')).toEqual([
      { billing_date: '2026-11-01 00:00:00', billing_fee: 10_700n },
      { billing_date: '2026-12-01 00:00:00', billing_fee: 33n },
    ]);
    expect(await periods()).toHaveLength(3);
  });

  it('that is given again, with another amount or twice in a batch, changes nothing', async () => {
    await billing.members.insertUsage([october, october]);
    await billing.members.insertUsage([{ ...october, amountMinor: 1n }]);
    await close();
    await billing.members.insertUsage([{ ...october, amountMinor: 2n }]);
    expect(await billing.database.query('SELECT period, amount_minor FROM billing.usage')).toEqual([
      { period: '2026-10-01', amount_minor: 10_000n },
    ]);
  });

  it('that is given again is accepted when no month is open for it any more', async () => {
    await billing.members.insertUsage([october]);
    await billing.database.execute(closeByHand);
    await billing.members.insertUsage([october]);
    await expect(billing.members.insertUsage([aUsage({ id: 6_000n })])).rejects.toMatchObject({ code: 'constraint' });
  });

  it('of a member that is not known fails its batch, though the rest was given before', async () => {
    await billing.members.insertUsage([october]);
    const batch = [october, aUsage({ id: 6_000n }), aUsage({ id: 6_001n, publicInfoId: 5n })];
    await expect(billing.members.insertUsage(batch)).rejects.toMatchObject({
      code: 'constraint',
      message: expect.stringMatching(/^Of 3 lines of usage 1 /) as string,
    });
    expect(await periods()).toEqual([{ id: 5_001n, period: '2026-10-01' }]);
  });

  it('goes into the month it happened in while that is open, though an earlier one is open too', async () => {
    await billing.members.insertUsage([aUsage({ id: 1n, usedOn: '2026-10-31' }), aUsage({ id: 2n, usedOn: '2026-11-01' })]);
    expect(await periods()).toEqual([
      { id: 1n, period: '2026-10-01' },
      { id: 2n, period: '2026-11-01' },
    ]);
  });

  it('of a month whose closing broke off goes into the next month, and its closing is ended', async () => {
    await beginClosing();
    await billing.members.insertUsage([october]);
    expect(await periods()).toEqual([{ id: 5_001n, period: '2026-11-01' }]);
    expect(await states()).toEqual([
      { period: '2026-10-01', is_begun: true, is_closed: true },
      { period: '2026-11-01', is_begun: false, is_closed: false },
    ]);
  });

  it('that is still being written when it is given again, in a month that is being closed, is written once', async () => {
    const first = await aSlowWriter(5_001n);
    await beginClosing();
    const again = billing.members.insertUsage([october]);
    await until('the repeat waits for the first', async () => (await waiting()) === 1);
    first.leave();
    await Promise.all([first.gone, again]);
    expect(await periods()).toEqual([{ id: 5_001n, period: '2026-10-01' }]);
  });

  it.each([
    ['closed', close],
    ['closed by hand', () => billing.database.execute(`${closeByHand} WHERE period = '2026-10-01'`)],
  ])('goes into the next month when its own was %s between the looking and the locking', async (_how, closeOctober) => {
    await billing.ports.periods.provideMonths(['2026-09']);
    let writer: Promise<unknown> | undefined;
    await billing.database.withTransaction(async (transaction) => {
      await transaction.execute(`SELECT FROM billing.billing_period WHERE period = '2026-09-01' FOR UPDATE`);
      writer = billing.members.insertUsage([october]);
      await until('the writer waits for September, having seen October open', async () => (await waiting()) === 1);
      await closeOctober();
    });
    await writer;
    expect(await periods()).toEqual([{ id: 5_001n, period: '2026-11-01' }]);
  });
});

describe('closing a month', () => {
  it('waits for the writers that are in it, and not for one that came after it began', async () => {
    await billing.members.insertMembers([aNewMember({ publicInfoId: 1_002n })]);
    const first = await aSlowWriter(1n);
    const repeat = billing.members.insertUsage([aUsage({ id: 1n })]);
    await until('the repeat waits inside the month', async () => (await waiting()) === 1);
    const closing = close();
    await until('the closing waits for both', async () => (await waiting()) === 2);
    expect(await states()).toMatchObject([{ is_begun: true, is_closed: false }, { is_begun: false }]);
    await billing.database
      .withTransaction(async (transaction) => {
        // A line of the same key, not committed, keeps the second writer inside.
        await transaction.execute(`INSERT INTO billing.usage VALUES ('2026-11-01', 2, 1002, '2026-11-02', 'DATA', 'x', 1, 1)`);
        const second = billing.members.insertUsage([aUsage({ id: 2n, publicInfoId: 1_002n, usedOn: '2026-11-02' })]);
        await until('the second writer waits too', async () => (await waiting()) === 3);
        first.leave();
        await Promise.all([first.gone, repeat, closing]);
        expect(await states()).toMatchObject([{ is_closed: true }, { is_begun: false }]);
        return { second };
      })
      .then(({ second }) => second);
    expect(await periods()).toEqual([
      { id: 1n, period: '2026-10-01' },
      { id: 2n, period: '2026-11-01' },
    ]);
  });

  it('that waited too long for a writer is a conflict, takes no new writers, and is ended by a repeat', async () => {
    const impatient = periodStore(billing.database, { closingLimitMs: 20 });
    const writer = await aSlowWriter(1n);
    await expect(impatient.closeMonth('2026-10', billing.clock.now())).rejects.toMatchObject({ code: 'conflict', kind: 'transient' });
    expect(await states()).toMatchObject([{ is_begun: true, is_closed: false }, { is_begun: false }]);
    writer.leave();
    await writer.gone;
    await impatient.closeMonth('2026-10', new Date('2026-11-05T00:00:00Z'));
    await impatient.closeMonth('2026-10', new Date('2026-11-06T00:00:00Z'));
    const closed = await billing.database.query('SELECT closing_at, closed_at FROM billing.billing_period WHERE closed_at IS NOT NULL');
    expect(closed).toEqual([{ closing_at: billing.clock.now(), closed_at: billing.clock.now() }]);
  });

  it('ends while writers go on: what was written before is in it, what comes later in the next, and nothing is lost', async () => {
    const written: { readonly id: bigint; readonly begun: string; readonly ended: string }[] = [];
    let [phase, isOver, next] = ['open', false, 10_000n];
    const write = async (): Promise<void> => {
      while (!isOver) {
        const [id, begun] = [(next += 1n), phase];
        await billing.members.insertUsage([aUsage({ id, amountMinor: id })]);
        written.push({ id, begun, ended: phase });
      }
    };
    const writers = Promise.all(Array.from({ length: 6 }, write));
    const more = (): Promise<boolean> => {
      const least = written.length + 30;
      return until('30 more lines are written', () => written.length >= least);
    };
    await more();
    phase = 'closing';
    await close();
    phase = 'closed';
    await more();
    isOver = true;
    await writers;
    const rows = await billing.database.query<{ id: bigint; period: string; amount_minor: bigint }>('SELECT * FROM billing.usage');
    const periodOf = new Map(rows.map(({ id, period }) => [id, period]));
    expect(rows.map(({ amount_minor }) => amount_minor).sort()).toEqual(written.map(({ id }) => id).sort());
    const [before, after] = [written.filter(({ ended }) => ended === 'open'), written.filter(({ begun }) => begun === 'closed')];
    expect(Math.min(before.length, after.length)).toBeGreaterThan(0);
    expect(new Set(before.map(({ id }) => periodOf.get(id)))).toEqual(new Set(['2026-10-01']));
    expect(new Set(after.map(({ id }) => periodOf.get(id)))).toEqual(new Set(['2026-11-01']));
  });

  it('is refused in a period that is not the first of a month, where nobody would bill it', async () => {
    const insertion = billing.database.execute(
      `INSERT INTO billing.usage VALUES ('2026-10-15', 1, 1001, '2026-10-10', 'DATA', 'x', 1, 10000)`,
    );
    await expect(insertion).rejects.toMatchObject({ code: 'constraint' });
  });
});
