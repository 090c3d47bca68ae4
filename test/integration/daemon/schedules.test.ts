import { beforeAll, describe, expect, it } from 'vitest';
import { dayOf } from '../../../pipelines/shared/period.ts';
import { runWeir, startWeir } from '../../support/weirProcess.ts';
import { aMonth, type AMonth } from './aMonth.ts';
import { eventually } from './eventually.ts';

let month: AMonth;
let environment: Readonly<Record<string, string>>;

beforeAll(async () => {
  month = await aMonth();
  await month.load([{}, {}, {}, {}]);
  environment = {
    ...month.environment,
    WEIR_SCHEDULES_BILLING_SETTLE_ENABLED: 'true',
    WEIR_SCHEDULES_BILLING_DISPATCH_ENABLED: 'true',
    WEIR_JOBS_POLL_MS: '50',
  };
});

/** Lets the ledger tell that all processes have been away since just before a day of Seoul began. */
async function awaySince(day: string): Promise<void> {
  const seen = `
    INSERT INTO weir.schedule (name, job, cron, zone, is_enabled, first_seen_at, handled_until)
    SELECT name, name, cron, 'Asia/Seoul', true, since, since
    FROM (VALUES ('billing.settle', '0 0 1 * *'), ('billing.dispatch', '0 0 15,21 * *')) AS schedule (name, cron),
      (SELECT ($1 || ' 00:00+09')::timestamptz - interval '1 second' AS since) AS away`;
  await month.database.execute({ text: seen, values: [day] });
}

/** The fires of the month with what their runs came to. */
function fires(): Promise<readonly { readonly key: string; readonly status: string }[]> {
  const { billing } = month.month;
  return month.database.query({
    text: `
      SELECT r.job || ':' || r.key AS key, r.status FROM weir.schedule_fire f JOIN weir.job_run r ON r.id = f.run_id
      WHERE r.key LIKE $1 || '%' ORDER BY r.finished_at`,
    values: [billing],
  });
}

describe('schedules of daemons', () => {
  it('make up for nights that all were away, in the order of the month and once: every bill is settled, dispatched and mailed', async () => {
    const { billing } = month.month;
    await awaySince(dayOf(billing, 1));

    const held = startWeir(environment, 'run', '--hold');
    await eventually('it is ready', async () => (await held.ask('/readyz')).status === 200);
    expect(await held.stop()).toEqual({ code: 0, signal: null });
    expect(await fires()).toEqual([]);

    const daemons = [startWeir(environment, 'run'), startWeir(environment, 'run')];
    await eventually('all mails came', () => month.inbox.count() >= 4);
    await eventually('the month is over', async () => (await fires()).filter(({ status }) => status === 'COMPLETED').length === 3);
    expect(await fires()).toEqual(
      [`billing.settle:${billing}`, `billing.dispatch:${dayOf(billing, 15)}`, `billing.dispatch:${dayOf(billing, 21)}`].map((key) => ({
        ...{ key, status: 'COMPLETED' },
      })),
    );
    expect(month.inbox.count()).toBe(4);
    // The other may have done it all before this one looked.
    const text = await eventually('it has looked at its schedules', async () => {
      const scrape = (await (daemons[0] ?? held).ask('/metrics')).text;
      return scrape.includes('weir_schedule_late_seconds{schedule="billing.dispatch"}') ? scrape : undefined;
    });
    expect(text).toContain('weir_schedule_misses_total{schedule="billing.settle"} 0');
    for (const daemon of daemons) expect(await daemon.stop()).toEqual({ code: 0, signal: null });
  });
});

describe('weir schedule list', () => {
  it('shows the schedules as they are in force, as a table and for programs', async () => {
    const { code, output } = await runWeir(environment, 'schedule', 'list');
    expect(code).toBe(0);
    const rows = output.split('\n').map((line) => line.split(/\s{2,}/));
    expect(rows[0]).toEqual(['schedule', 'job', 'pattern', 'zone', 'state', 'next', 'last', 'became', 'run']);
    expect(rows.find(([name]) => name === 'billing.dispatch')).toEqual([
      ...['billing.dispatch', 'billing.dispatch', '0 0 15,21 * *', 'Asia/Seoul', 'enabled'],
      expect.stringMatching(/-(14|20) 15:00:00 UTC \(\d{4}-\d\d-(15|21) 00:00 Asia\/Seoul\)( \(due\))?$/) as string,
      expect.stringMatching(/-(14|20) 15:00:00 UTC \(\d{4}-\d\d-(15|21) 00:00 Asia\/Seoul\)$/) as string,
      'COMPLETED',
      expect.stringMatching(/^\d+$/) as string,
    ]);
    // It was disabled in the daemons above.
    expect(rows.find(([name]) => name === 'billing.redispatch')?.slice(4, 6)).toEqual(['disabled', '–']);
    const views = JSON.parse((await runWeir(environment, 'schedule', 'list', '--json')).output) as unknown;
    expect(views).toMatchObject([
      { name: 'billing.settle', isEnabled: true },
      { name: 'billing.dispatch' },
      { name: 'billing.redispatch' },
      { name: 'payments.reconcile' },
      { name: 'payments.refund' },
      { name: 'payments.sendNotices' },
      { name: 'payments.dailyReport' },
      { name: 'remittance.retryDeposits' },
      { name: 'remittance.retryWithdrawals' },
      { name: 'remittance.retryRequests' },
      { name: 'remittance.watch' },
      { name: 'deposits.settle' },
      { name: 'accountLinks.retryFailed' },
      { name: 'accounting.cumulativeReport' },
    ]);
  });
});

describe('weir schedule next', () => {
  it('shows what fires next and the runs that it opens, as many as asked for', async () => {
    const { code, output } = await runWeir(environment, 'schedule', 'next', '--count', '6', '--json');
    expect(code).toBe(0);
    const coming = JSON.parse(output) as readonly { readonly schedule: string; readonly key: string; readonly fireAt: string }[];
    expect(coming).toHaveLength(6);
    expect(coming.map(({ fireAt }) => fireAt)).toEqual(coming.map(({ fireAt }) => fireAt).sort());
    expect(new Set(coming.map(({ schedule }) => schedule))).toEqual(new Set(['billing.settle', 'billing.dispatch']));
    const people = await runWeir(environment, 'schedule', 'next');
    expect(people.output.trim().split('\n')).toHaveLength(12);
    expect(people.output).toContain(`${coming[0]?.schedule ?? ''}:${coming[0]?.key ?? ''}`);
  });

  it('refuses a count that is none, with 2', async () => {
    const { code, errors } = await runWeir(environment, 'schedule', 'next', '--count', 'many');
    expect({ code, errors }).toEqual({ code: 2, errors: '--count takes 1 to 9999, got "many"' });
  });
});

describe('an option of a schedule', () => {
  it.each([
    ['61 0 1 * *', 'minute'],
    ['0 0 30 2 *', 'it never comes'],
  ])('is refused when it cannot fire: %s', async (cron, why) => {
    const { code, errors } = await runWeir(environment, 'config', 'check', '--set', `schedules.billing.settle.cron=${cron}`);
    expect(code).toBe(78);
    expect(errors).toContain('schedules.billing.settle.cron');
    expect(errors).toContain(why);
  });
});
