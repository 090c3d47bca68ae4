import { beforeAll, describe, expect, it } from 'vitest';
import { overdueBills, undispatchedBills, watchedBills } from '../../../pipelines/billing/billGauges.ts';
import type { GaugeQuestion } from '../../../src/runtime/gauges/gaugeQuestion.ts';
import { aBilling, type Billing } from './aBilling.ts';

const bills = 100_000;
const partition = 'billing.billing_p_2026_11';
const now = new Date('2026-11-15T12:00:00+09:00');
let billing: Billing;

beforeAll(async () => {
  billing = await aBilling();
  await billing.database.execute(`ALTER TABLE ${partition} SET (autovacuum_enabled = off)`);
});

const set = (change: string, where: string): Promise<number> =>
  billing.database.execute(`UPDATE ${partition} SET ${change} WHERE ${where}`);

/**
 * A month of bills in a state. The planner knows of it what it does after a settlement: how large it is, and that all its bills were made and
 * none was dispatched.
 */
async function aMonth(state: Readonly<Record<string, string>>): Promise<void> {
  const { database } = billing;
  const fill = (first: number, count: number, own: Readonly<Record<string, string>>): Promise<number> => {
    const columns = { send_on: `'2026-11-15'::date`, ...own };
    return database.execute(`
      INSERT INTO billing.billing_p (${['id, billing_date, public_info_id, usage_id, billing_fee, billing_details', ...Object.keys(columns)].join(', ')})
      SELECT ${[`id, '2026-11-01', id, id, 0, '{"discounts":[],"totalDiscount":0,"finalAmount":0}'`, ...Object.values(columns)].join(', ')}
      FROM generate_series(${first}, ${first + count - 1}) AS id`);
  };
  await database.execute('TRUNCATE billing.billing_p');
  await fill(1, 1_000, {});
  await database.execute(`SELECT billing.analyze_bills('2026-11-01')`);
  await database.execute('DELETE FROM billing.billing_p');
  for (let first = 1; first <= bills; first += 20_000) await fill(first, 20_000, state);
}

interface Plan {
  readonly 'Node Type': string;
  readonly 'Actual Rows': number;
  readonly 'Actual Loops': number;
  readonly 'Rows Removed by Filter'?: number;
  readonly Plans?: readonly Plan[];
}

/** The most rows that a node of a plan has given or thrown away. */
function mostTouched(plan: Plan): number {
  const own = (plan['Actual Rows'] + (plan['Rows Removed by Filter'] ?? 0)) * plan['Actual Loops'];
  return Math.max(own, ...(plan.Plans ?? []).map(mostTouched));
}

/** The most with either statistics, those of before and those of now, and with the plan that is kept for a connection. */
async function rowsTouchedBy({ statement }: GaugeQuestion): Promise<number> {
  const { text, values = [] } = statement(now);
  const literals = values.map((value) =>
    value instanceof Date ? `'${value.toISOString()}'` : typeof value === 'number' ? String(value) : `'${String(value)}'`,
  );
  const touched: number[] = [];
  const explain = (mode: string): Promise<void> =>
    billing.database.withTransaction(async (transaction) => {
      await transaction.execute(`SET LOCAL plan_cache_mode = ${mode}`);
      await transaction.execute(`PREPARE gauge AS ${text}`);
      const [row] = await transaction.query<{ 'QUERY PLAN': readonly { readonly Plan: Plan }[] }>(
        `EXPLAIN (ANALYZE, TIMING off, FORMAT json) EXECUTE gauge (${literals.join(', ')})`,
      );
      await transaction.execute('DEALLOCATE gauge');
      const [explained] = row?.['QUERY PLAN'] ?? [];
      touched.push(explained === undefined ? Number.NaN : mostTouched(explained.Plan));
    });
  const modes = ['force_custom_plan', 'force_generic_plan'];
  for (const mode of modes) await explain(mode);
  await billing.database.execute(`ANALYZE ${partition}`);
  for (const mode of modes) await explain(mode);
  return Math.max(...touched);
}

async function told({ statement }: GaugeQuestion): Promise<readonly object[]> {
  return billing.database.query(statement(now));
}

const quiet = (until: string) => ({ send_status: `'IN_QUIET_HOUR'`, next_attempt_at: `'${until}'::timestamptz` });
const pending = (since: string) => ({ send_status: `'SEND_PENDING'`, pending_since: `'${since}'::timestamptz` });
const last = `id = ${bills}`;
const nineHours = { weir_bills_oldest_overdue_seconds: 9 * 3_600 };

describe('at a scrape, in a month of very many bills', () => {
  it('one that has waited too long is told of behind those whose time has not come, and none of them is read', async () => {
    await aMonth(quiet('2026-11-15T20:00:00+09:00'));
    await set(`next_attempt_at = '2026-11-15T03:00:00+09:00'`, last);
    expect(await told(overdueBills)).toEqual([{ weir_bills_overdue: 1n, ...nineHours }]);
    expect(await rowsTouchedBy(overdueBills)).toBeLessThan(10);
  });

  it('one that was dispatched long ago is told of behind those that were dispatched just now, and none of them is read', async () => {
    await aMonth(pending('2026-11-15T11:59:00+09:00'));
    await set(`pending_since = '2026-11-15T03:00:00+09:00'`, last);
    expect(await told(overdueBills)).toEqual([{ weir_bills_overdue: 1n, ...nineHours }]);
    expect(await rowsTouchedBy(overdueBills)).toBeLessThan(10);
  });

  it('those that are overdue are counted up to a bound, and their oldest is told', async () => {
    await aMonth(quiet('2026-11-15T08:00:00+09:00'));
    await set(`next_attempt_at = '2026-11-15T03:00:00+09:00'`, last);
    expect(await told(overdueBills)).toEqual([{ weir_bills_overdue: 10_000n, ...nineHours }]);
  });

  it('one that is parked is told of behind those that are being sent', async () => {
    await aMonth({ send_status: `'SENDING'`, send_token: 'id', lease_owner: `'one'`, lease_until: `'infinity'::timestamptz` });
    await set(`lease_owner = NULL, lease_until = NULL, park_reason = 'unknown'`, last);
    expect(await told(watchedBills)).toContainEqual({ state: 'PARKED', weir_bills: 1n });
    expect(await rowsTouchedBy(watchedBills)).toBeLessThan(10_010);
  });

  it('those that are parked are counted up to a bound', async () => {
    await aMonth({ send_status: `'SENDING'`, send_token: 'id', park_reason: `'unknown'` });
    expect(await told(watchedBills)).toContainEqual({ state: 'PARKED', weir_bills: 10_000n });
  });

  it('one that its dispatch has left out is told of behind those whose day has not come, and none of them is read', async () => {
    await aMonth({ send_on: `'2026-11-21'::date` });
    await set(`send_on = '2026-11-14'`, last);
    expect(await told(undispatchedBills)).toEqual([{ weir_bills_undispatched: 1n }]);
    expect(await rowsTouchedBy(undispatchedBills)).toBeLessThan(10);
  });

  it('those that no dispatch took up are counted up to a bound', async () => {
    await aMonth({ send_on: `'2026-11-14'::date` });
    expect(await told(undispatchedBills)).toEqual([{ weir_bills_undispatched: 10_000n }]);
    expect(await rowsTouchedBy(undispatchedBills)).toBeLessThan(10_010);
  });
});
