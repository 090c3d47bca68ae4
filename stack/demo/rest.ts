import { linkGroup } from '../../pipelines/accountLinks/register.pipeline.ts';
import { linkTopic } from '../../pipelines/accountLinks/linkTopic.ts';
import { deadLettersGroup, emailDeadLetters } from '../../pipelines/billing/deadLetters.pipeline.ts';
import { deliverGroup } from '../../pipelines/billing/deliver.pipeline.ts';
import { deliverSmsGroup } from '../../pipelines/billing/deliverSms.pipeline.ts';
import { emailTopic } from '../../pipelines/billing/dispatchedBill.ts';
import { textTopic } from '../../pipelines/billing/requestedText.ts';
import { filledTopic } from '../../pipelines/deposits/filledTopic.ts';
import { stageGroup } from '../../pipelines/deposits/stage.pipeline.ts';
import { notifyGroup } from '../../pipelines/payments/notify.pipeline.ts';
import { succeededTopic } from '../../pipelines/payments/succeededPayment.ts';
import { bankCallsGroup } from '../../pipelines/remittance/bankCalls.pipeline.ts';
import { dueCallTopic, endedCallTopic, depositedTopic } from '../../pipelines/remittance/remittanceTopics.ts';
import { settleRemittancesGroup } from '../../pipelines/remittance/settle.pipeline.ts';
import { withdrawGroup } from '../../pipelines/remittance/withdraw.pipeline.ts';
import type { Bus, Topic } from '../../src/connectors/bus.ts';
import type { Queryable, Statement } from '../../src/connectors/database.ts';
import { fireTimes } from '../../src/runtime/schedules/fireTimes.ts';

/** What the demo looks at from outside to know where its daemons are. */
export interface Watched {
  readonly database: Queryable;
  readonly bus: Pick<Bus, 'oldestUnsettledAt'>;
  /** Calendar time. */
  readonly now: () => Date;
}

interface ScheduleRow {
  readonly name: string;
  readonly cron: string;
  readonly zone: string;
  readonly handledUntil: Date;
}

/**
 * What still moves, for people; undefined when all is at rest: every fire time up to now has been dealt with, no run is open, every
 * message is settled, nobody holds a claim. Asked in the order in which work moves on, and what makes work for what was asked before
 * it, twice.
 */
export async function movement({ database, bus, now }: Watched): Promise<string | undefined> {
  const schedules = await readSchedules(database);
  if (schedules.length === 0 || schedules.some((schedule) => isDue(schedule, now()))) return 'a fire time that has come';
  if (await hasRow(database, `SELECT FROM weir.job_run WHERE status IN ('PLANNING', 'OPEN') LIMIT 1`)) return 'a run';
  for (let looks = 0; looks < 2; looks += 1) {
    if (await hasRow(database, { text: dueInOutboxes, values: [now()] })) return 'a message in an outbox';
    for (const { topic, group, is } of read) if ((await bus.oldestUnsettledAt(topic, { group })) !== undefined) return is;
  }
  return (await hasRow(database, 'SELECT FROM billing.billing_p WHERE lease_until >= clock_timestamp() LIMIT 1')) ? 'a claim' : undefined;
}

/** What pipelines read, in the order in which one makes work for the next. */
const read: readonly { readonly topic: Topic; readonly group: string; readonly is: string }[] = [
  { topic: emailTopic, group: deliverGroup, is: 'a message of a bill' },
  { topic: textTopic, group: deliverSmsGroup, is: 'a message of an SMS' },
  { topic: succeededTopic, group: notifyGroup, is: 'a message of a payment' },
  { topic: dueCallTopic, group: bankCallsGroup, is: 'a call of the bank' },
  { topic: endedCallTopic, group: settleRemittancesGroup, is: 'a call that has ended' },
  { topic: depositedTopic, group: withdrawGroup, is: 'money that came in' },
  { topic: linkTopic, group: linkGroup, is: 'a request for an account link' },
  { topic: filledTopic, group: stageGroup, is: 'a trade' },
  { topic: emailDeadLetters, group: deadLettersGroup, is: 'a dead letter' },
];

const dueInOutboxes = `
  SELECT FROM payments.outbox WHERE not_before <= $1 UNION ALL SELECT FROM remittance.outbox WHERE not_before <= $1
  UNION ALL SELECT FROM account_links.outbox WHERE not_before <= $1 LIMIT 1`;

/**
 * The next fire time at which there is something to do: of a schedule that fires every few minutes when something waits for it by then,
 * of any other always. Undefined when none comes before `end`.
 */
export async function nextMoment({ database, now }: Watched, end: Date): Promise<Date | undefined> {
  const moments: Date[] = [];
  for (const { name, cron, zone } of await readSchedules(database)) {
    const question = wanted[name];
    const from = question === undefined ? now() : await firstWanted(database, question, now());
    const moment = from && fireTimes(cron, zone).after(from);
    if (moment !== undefined) moments.push(moment);
  }
  const [put] = await database.query<{ off: Date | null }>({ text: firstPutOff, values: [now()] });
  if (put?.off instanceof Date) moments.push(put.off);
  const [first] = moments.toSorted((left, right) => left.getTime() - right.getTime());
  return first !== undefined && first < end ? first : undefined;
}

// Those that come within seconds come together.
const firstPutOff = `
  SELECT min(not_before) + interval '10 seconds' AS off
  FROM (SELECT not_before FROM payments.outbox UNION ALL SELECT not_before FROM remittance.outbox
    UNION ALL SELECT not_before FROM account_links.outbox) AS outbox WHERE not_before > $1`;

/** From when on a fire would find something; undefined when nothing waits. A fire at the very instant that is wanted will do. */
async function firstWanted(database: Queryable, question: string, now: Date): Promise<Date | undefined> {
  const [row] = await database.query<{ wanted: Date | null }>(question);
  return row?.wanted ? new Date(Math.max(now.getTime(), row.wanted.getTime() - 1)) : undefined;
}

/** What schedules that fire every few minutes look for: when the first of it comes due. */
const wanted: Readonly<Partial<Record<string, string>>> = {
  // A bill comes due, has waited so long that its message must be lost, or was left by a dead process.
  'billing.redispatch': `
    SELECT min(CASE
      WHEN lease_until IS NOT NULL THEN 'epoch'
      WHEN send_status = 'SEND_PENDING' AND next_attempt_at IS NULL THEN pending_since + interval '1 hour'
      ELSE next_attempt_at END) AS wanted
    FROM billing.billing_p WHERE send_status IN ('SEND_PENDING', 'IN_QUIET_HOUR', 'SENDING')`,
  'payments.reconcile': `
    SELECT min(coalesce(next_ask_at, created_at + interval '10 minutes')) AS wanted
    FROM payments.payment WHERE status = 'PENDING' AND park_reason IS NULL`,
  'payments.refund': `SELECT min(next_ask_at) AS wanted FROM payments.refund WHERE status IN ('REQUESTED', 'SENT')`,
  // What is held may have been left by a dead process.
  'payments.sendNotices': `
    SELECT min(CASE status WHEN 'SENDING' THEN 'epoch' ELSE next_try_at END) AS wanted
    FROM payments.notice WHERE status IN ('WAITING', 'SENDING')`,
  // The midnight after the first order that no report has.
  'payments.dailyReport': `
    SELECT (date_trunc('day', min(created_at) AT TIME ZONE 'Asia/Seoul') + interval '1 day') AT TIME ZONE 'Asia/Seoul' AS wanted
    FROM payments.orders WHERE NOT EXISTS (
      SELECT FROM payments.daily_report WHERE day = (orders.created_at AT TIME ZONE 'Asia/Seoul')::date)`,
  // A link that waits for the bank's word comes due, or its message must be lost.
  'accountLinks.retryFailed': `
    SELECT min(next_look_at) AS wanted FROM account_links.account_link WHERE status IN ('REQUESTED', 'REGISTERING')`,
  // The night on which the first row of the ledger is due.
  'deposits.settle': `SELECT min(due_on)::timestamp AT TIME ZONE 'Asia/Seoul' AS wanted FROM deposits.ledger WHERE applied_on IS NULL`,
  // Nobody gets it here.
  'accounting.cumulativeReport': 'SELECT NULL::timestamptz AS wanted',
  // A failure comes due, or a message must be lost.
  'remittance.retryDeposits': `
    SELECT min(coalesce(next_try_at, call.ended_at + interval '1 minute')) AS wanted
    FROM remittance.bank_call AS call LEFT JOIN remittance.kcd_bank_account_deposit_failures AS failure
      ON failure.request_id = call.request_id AND failure.ended_at IS NULL
    WHERE kind = 'MOVE_IN' AND call.ended_at IS NOT NULL AND booked_at IS NULL AND park_reason IS NULL`,
  'remittance.retryWithdrawals': `
    SELECT min(coalesce(next_try_at, state_since + interval '1 minute')) AS wanted
    FROM remittance.biz_remittance_requests AS request LEFT JOIN remittance.kcd_bank_account_withdrawal_failures AS failure
      ON failure.request_id = request.id AND failure.ended_at IS NULL
    WHERE state = 'DEPOSITED' AND failure.park_reason IS NULL`,
  'remittance.retryRequests': `
    SELECT min(coalesce(next_try_at, coalesce(next_ask_at, call.ended_at) + interval '1 minute')) AS wanted
    FROM remittance.bank_call AS call LEFT JOIN remittance.biz_remittance_request_failures AS failure
      ON failure.call_id = call.id AND failure.ended_at IS NULL
    WHERE (call.ended_at IS NULL OR kind <> 'MOVE_IN') AND booked_at IS NULL AND park_reason IS NULL`,
  'remittance.watch': `
    SELECT min(CASE WHEN token IS NOT NULL THEN 'epoch' ELSE requested_at + interval '10 minutes' END) AS wanted
    FROM remittance.biz_remittance_requests AS request LEFT JOIN remittance.late_notice ON request_id = request.id
    WHERE late_notice.status = 'SENDING' OR request_id IS NULL AND state NOT IN ('COMPLETED', 'FAILED', 'RETURNED')`,
};

/** The schedules that fired at an instant. */
export async function firedAt({ database }: Watched, instant: Date): Promise<readonly string[]> {
  const statement = { text: 'SELECT schedule FROM weir.schedule_fire WHERE fire_at = $1 ORDER BY schedule', values: [instant] };
  return (await database.query<{ schedule: string }>(statement)).map(({ schedule }) => schedule);
}

function readSchedules(database: Queryable): Promise<readonly ScheduleRow[]> {
  return database.query<ScheduleRow>('SELECT name, cron, zone, handled_until AS "handledUntil" FROM weir.schedule WHERE is_enabled');
}

function isDue({ cron, zone, handledUntil }: ScheduleRow, now: Date): boolean {
  const next = fireTimes(cron, zone).after(handledUntil);
  return next !== undefined && next <= now;
}

async function hasRow(database: Queryable, statement: Statement | string): Promise<boolean> {
  return (await database.query(statement)).length > 0;
}
