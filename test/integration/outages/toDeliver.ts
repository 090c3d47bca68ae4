import { deliverGroup } from '../../../pipelines/billing/deliver.pipeline.ts';
import { emailTopic } from '../../../pipelines/billing/dispatchedBill.ts';
import { seoulMinute } from '../../../pipelines/shared/seoulTime.ts';
import { countsOf, isLawful } from '../../../stack/demo/law.ts';
import { hastyEffects } from '../../support/hastyEffects.ts';
import { until } from '../../support/until.ts';
import { startWeir, type WeirProcess } from '../../support/weirProcess.ts';
import { aMonth, type MonthOptions, type MonthToBill } from '../crash/aMonth.ts';
import { weirHere } from '../crash/weirHere.ts';

/** A month whose bills are settled and on their way to the mail server. */
export async function toDeliver(options: MonthOptions): Promise<MonthToBill> {
  const month = await aMonth(options);
  await weirHere(month.environment, 'run', '--job', 'billing.settle', '--key', month.billing);
  await weirHere(month.environment, 'run', '--job', 'billing.dispatch', '--key', month.lastDay);
  return month;
}

/** Settings of daemons in these tests: everything that is tried again soon, and a /livez that is red soon. */
const hasty = {
  ...hastyEffects(900),
  WEIR_BREAKERS_PROBE_FIRST_MS: '100',
  WEIR_BREAKERS_PROBE_MAX_MS: '300',
  WEIR_RUNTIME_STANDING_LIMIT_MS: '1000',
  WEIR_RUNTIME_RESTART_MAX_MS: '500',
  WEIR_BILLING_DELIVER_SEND_CONCURRENCY: '4',
  WEIR_BILLING_DELIVER_REPEAT_MAX_DELAY_MS: '300',
};

/** Sets of a daemon whose /livez is to stay green: a mail that takes a while on a busy machine is not unknown for that. */
export const unhurried = ['runtime.standingLimitMs=30000', 'billing.deliver.send.timeLimitMs=10000'] as const;

/** A daemon that delivers. */
export function startDelivery(environment: Readonly<Record<string, string>>, ...sets: readonly string[]): WeirProcess {
  return startWeir({ ...hasty, ...environment }, 'run', '--profile', 'consumer', ...sets.flatMap((set) => ['--set', set]));
}

/** Waits until everything on the stream is settled, brings back what was put off, and so on until nothing waits. */
export async function allDelivered({ database, environment, bus }: MonthToBill): Promise<void> {
  const settled = async (): Promise<boolean> => (await bus.oldestUnsettledAt(emailTopic, { group: deliverGroup })) === undefined;
  await until('all messages are settled', settled, { limitMs: 60_000 });
  const waiting = "SELECT id FROM billing.billing_p WHERE send_status = 'SEND_PENDING' AND next_attempt_at IS NOT NULL";
  if ((await database.query(waiting)).length === 0) return;
  const due = `${waiting} AND next_attempt_at > clock_timestamp()`;
  await until('what was put off is due', async () => (await database.query(due)).length === 0, { limitMs: 30_000 });
  await weirHere(environment, 'run', '--job', 'billing.redispatch', '--key', nextMinute());
  await until('all messages are settled again', settled, { limitMs: 60_000 });
}

/** The key of a redispatch that finds what is due now: it goes by the minute, and what is due within this one comes with the next. */
function nextMinute(): string {
  return seoulMinute(new Date(Date.now() + 60_000));
}

/** What a daemon tells about itself. */
export async function told(daemon: WeirProcess): Promise<{ readonly live: number; readonly ready: string; readonly isLawful: boolean }> {
  const [live, ready, metrics] = await Promise.all([daemon.ask('/livez'), daemon.ask('/readyz'), daemon.ask('/metrics')]);
  return { live: live.status, ready: ready.text, isLawful: countsOf(metrics.text).every(isLawful) };
}
