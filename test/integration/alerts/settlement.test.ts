import { beforeAll, describe, expect, it } from 'vitest';
import { periodStore } from '../../../pipelines/billing/periodStore.ts';
import { settle } from '../../../pipelines/billing/settle.job.ts';
import { planBuckets } from '../../../pipelines/billing/settlePlan.ts';
import { addMonths, dayOf, periodOf, type Period } from '../../../pipelines/shared/period.ts';
import { aMonth, type AMonth } from '../daemon/aMonth.ts';
import { eventually } from '../daemon/eventually.ts';
import { aWatchedDaemon, type WatchedDaemon } from './aWatchedDaemon.ts';
import { firedAgo, type FireTime } from './firedAgo.ts';
import { areWatched } from './onCall.ts';
import { unseenSince } from './unseenSince.ts';

/** A daemon that fires a settlement, which was due some time ago, of usage that nobody has loaded yet. */
interface Settlement extends WatchedDaemon {
  readonly month: AMonth;
  readonly fire: FireTime;
  readonly billing: Period;
  loadUsage(): Promise<void>;
}

async function aSettlement(minutesAgo: number): Promise<Settlement> {
  const fire = firedAgo(minutesAgo);
  const billing = periodOf(fire.day);
  const usage = addMonths(billing, -1);
  const month = await aMonth();
  await periodStore(month.database).provideMonths([usage, billing, addMonths(billing, 1)]);
  const schedule = { WEIR_SCHEDULES_BILLING_SETTLE_ENABLED: 'true', WEIR_SCHEDULES_BILLING_SETTLE_CRON: fire.monthly };
  const daemon = await aWatchedDaemon({ ...month, environment: { ...month.environment, ...schedule } });
  return { ...daemon, month, fire, billing, loadUsage: () => month.load([{}, {}, {}, {}], () => ({ usedOn: dayOf(usage, 10) })) };
}

describe.skipIf(!areWatched)('whoever is on call for a settlement that is underway for forty minutes', () => {
  let settlement: Settlement;
  beforeAll(async () => {
    settlement = await aSettlement(40);
    await settlement.loadUsage();
  });

  /** Another process has fired it and works on it: at the rate of now it needs fourteen hours more. */
  async function isWorkedOnElsewhere({ month: { database }, billing, fire }: Settlement): Promise<void> {
    const plan = planBuckets(new Map([0, 1, 2, 3].map((bucket) => [bucket, 25_000])));
    await periodStore(database).closeMonth(addMonths(billing, -1), new Date());
    await database.withTransaction(async (transaction) => {
      const [run] = await transaction.query<{ id: bigint }>({
        text: `INSERT INTO weir.job_run (job, key, plan_version, status, planned_at) VALUES ($1, $2, $3, 'OPEN', clock_timestamp()) RETURNING id`,
        values: [settle.name, billing, settle.planVersion],
      });
      await transaction.execute({
        text: `INSERT INTO weir.job_partition
            (run_id, name, ordinal, input, total, status, lease_owner, lease_until, rows_per_second, started_at)
          SELECT $1, name, input, to_jsonb(input), total, 'RUNNING', 'elsewhere', clock_timestamp() + interval '1 hour', 0.5, clock_timestamp()
          FROM unnest($2::text[], $3::integer[], $4::bigint[]) AS part (name, input, total)`,
        values: [run?.id, plan.map(({ name }) => name), plan.map(({ input }) => input), plan.map(({ total }) => total)],
      });
      await transaction.execute({
        text: `INSERT INTO weir.schedule_fire (schedule, fire_at, state, run_id) VALUES ($1, $2, 'STARTED', $3)`,
        values: [settle.name, fire.at, run?.id],
      });
    });
  }

  it('is woken as soon as its rate says that it will not end by six, until other processes have taken it over', async () => {
    const { month } = settlement;
    await settlement.sees({
      alert: 'WeirSettlementLate',
      labels: { schedule: 'billing.settle' },
      cause: () => isWorkedOnElsewhere(settlement),
      heal: () => month.database.execute(`UPDATE weir.job_partition SET lease_until = clock_timestamp() WHERE lease_owner = 'elsewhere'`),
    });
    await eventually('they have made the bills', async () => (await month.bills())['CREATED'] === 4);
  });
});

describe.skipIf(!areWatched)('whoever is on call for a settlement that has failed seven hours ago', () => {
  let settlement: Settlement;
  beforeAll(async () => {
    settlement = await aSettlement(7 * 60);
  });

  it('is woken by the month alone, and not by its job as well, until the usage is there and it is run again', async () => {
    const { month, fire, billing } = settlement;
    await settlement.sees({
      alert: 'WeirSettlementLate',
      labels: { schedule: 'billing.settle' },
      follows: ['WeirJobLate'],
      cause: async () => {
        await unseenSince(month.database, 'billing.settle', new Date(fire.at.getTime() - 1));
        await settlement.weir.logged(`the run failed: mend the cause, then weir run --job billing.settle --key ${billing}`);
      },
      heal: async () => {
        await settlement.loadUsage();
        await settlement.runs('billing.settle', billing);
      },
    });
    expect(await month.bills()).toEqual({ CREATED: 4 });
  });
});
