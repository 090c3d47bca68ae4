import { from, lastValueFrom, toArray } from 'rxjs';
import { buyerEmailField } from '../../../pipelines/payments/buyerKeyStore.ts';
import { noticeClaimStore } from '../../../pipelines/payments/noticeClaimStore.ts';
import { notifyOptions, sendNoticesOptions } from '../../../pipelines/payments/noticeOptions.ts';
import { noticeRecordStore } from '../../../pipelines/payments/noticeRecordStore.ts';
import { noticeStore } from '../../../pipelines/payments/noticeStore.ts';
import { notify, type NotifyPorts } from '../../../pipelines/payments/notify.pipeline.ts';
import { mailNotice, postNotice, type NoticeSenders } from '../../../pipelines/payments/sendNotice.ts';
import { sendNotices, type SendNoticesPorts } from '../../../pipelines/payments/sendNotices.job.ts';
import { encodeSucceededPayment, type LowStock, type SucceededPayment } from '../../../pipelines/payments/succeededPayment.ts';
import { createIdentifiers } from '../../../pipelines/shared/identifiers.ts';
import { startInbox, type Inbox } from '../../../simulators/inbox.ts';
import { startSlack, type Slack } from '../../../simulators/slack.ts';
import type { Database } from '../../../src/connectors/database.ts';
import { openChat } from '../../../src/connectors/http/openChat.ts';
import { openMailer } from '../../../src/connectors/smtp/openMailer.ts';
import { encryptField } from '../../../src/message/encryption.ts';
import { parseKeyRing, type KeyRing } from '../../../src/message/keyRing.ts';
import { realClock } from '../../../src/runtime/clock.ts';
import type { JobEnd } from '../../../src/runtime/jobs/jobSpec.ts';
import { runJob } from '../../../src/runtime/jobs/runJob.ts';
import { silent } from '../../support/aSpec.ts';
import { anOpen, aRun, type FakeRun } from '../../support/aRun.ts';
import { atTheEnd } from '../../support/atTheEnd.ts';
import { openGate } from '../../support/openGate.ts';
import { aPayments, anOrder, settings, type NewOrder, type Payments, type Runner } from './aPayments.ts';

/** Payments, a mail server and a chat that misbehave as they are told, and what people were told. */
export interface Notices extends Payments {
  readonly ring: KeyRing;
  readonly inbox: Inbox;
  readonly slack: Slack;
  /** The channels of a process: both are there. */
  readonly senders: NoticeSenders;
  /** Reasons and numbers of notices that were put aside. */
  readonly putAside: (readonly [reason: string, notices: number])[];
  /** Ports as a process has them, over its own view of the database. */
  noticePorts(database?: Database, senders?: NoticeSenders): Omit<NotifyPorts, 'bus'> & SendNoticesPorts;
  /** Sends messages through `payments.notify`; how each ended, and what was put aside. */
  told(messages: readonly (SucceededPayment | string)[], ports?: Omit<NotifyPorts, 'bus'>): Promise<Told>;
  /** Runs `payments.sendNotices` to its end, as of the calendar's minute. */
  send(ports?: SendNoticesPorts, by?: Omit<Runner, 'wire'> & { readonly database?: Database; readonly options?: object }): Promise<JobEnd>;
}

export interface Told {
  readonly outcomes: readonly string[];
  readonly deadLetters: FakeRun['deadLetters'];
}

const hasty = {
  send: { timeLimitMs: 5_000, holdMs: 20, retry: { maxRetries: 1, firstDelayMs: 1, maxDelayMs: 1 } },
  record: { maxWaitMs: 1 },
};

/** Opens payments whose buyers and people are told of them. */
export async function aNotices(): Promise<Notices> {
  const payments = await aPayments();
  const ring = parseKeyRing(`k1:${Buffer.alloc(32, 7).toString('base64')}`);
  const [inbox, slack] = [await startInbox(), await startSlack()];
  const mailer = openMailer({ url: inbox.smtpUrl, requireTls: false, maxConnections: 10, clock: realClock });
  for (const each of [inbox, slack, mailer]) atTheEnd(() => each.close());
  const chat = openChat({ url: `${slack.url}/services/sales`, clock: realClock });
  const senders: NoticeSenders = {
    mail: { send: mailNotice({ mailer, keyRing: ring, sender: { name: 'Weir', address: 'pay@weir.example' } }), gate: openGate('smtp') },
    chat: { send: postNotice(chat), gate: openGate('chat') },
  };
  const putAside: [string, number][] = [];
  const { now } = payments;
  const calendarClock = { ...realClock, now };
  const identifiers = createIdentifiers({ now, random: () => realClock.random(), node: 3 });
  const tellPutAside = (reason: string, notices: number): void => {
    if (notices > 0) putAside.push([reason, notices]);
  };
  const noticePorts: Notices['noticePorts'] = (over = payments.database, noticeSenders = senders) => ({
    notices: {
      ...noticeStore(over, { now, tellPutAside }),
      ...noticeClaimStore(over, { now, identifiers }),
      ...noticeRecordStore(over, { now, tellPutAside }),
    },
    hasChannel: { mail: noticeSenders.mail !== undefined, chat: noticeSenders.chat !== undefined },
    noticeSenders,
  });
  return {
    ...{ ...payments, ring, inbox, slack, senders, putAside, noticePorts },
    told: async (messages, ports = noticePorts()) => {
      const run = aRun({ clock: calendarClock });
      const bytes = messages.map((message) => (typeof message === 'string' ? Buffer.from(message) : encodeSucceededPayment(message)));
      const open = bytes.map((value, index) => anOpen<Uint8Array>(value, { position: String(index), run }));
      const bus = { subscribe: () => Promise.reject(new Error('the source is not asked')) as never };
      const options = notifyOptions.parse({ open: { maxWaitMs: 1 } });
      const left = await lastValueFrom(notify.chain(from(open), { ...ports, bus }, options).pipe(toArray()), { defaultValue: [] });
      const byPosition = new Map(left.map((message) => [message.envelope.position, message.outcome ?? 'done']));
      return { outcomes: open.map(({ envelope }) => byPosition.get(envelope.position) ?? 'lost'), deadLetters: run.deadLetters };
    },
    send: (ports = noticePorts(), { holder = 'test', clock = calendarClock, database = payments.database, options = {} } = {}) =>
      runJob({
        ...{ job: sendNotices, ports, key: payments.minute(), database, clock, settings, log: silent, holder },
        options: sendNoticesOptions.parse({ ...hasty, ...options }),
        meter: { stage: () => undefined, retried: () => undefined, deadLettered: () => undefined },
        parts: new Set(),
        draining: new AbortController().signal,
        signal: new AbortController().signal,
      }),
  };
}

/** Forgets what was told, and mends what was broken. */
export async function quiet({ inbox, slack, putAside }: Notices): Promise<void> {
  for (const each of [inbox, slack]) each.clear();
  inbox.faults.clear();
  slack.faults.clear();
  putAside.length = 0;
  await Promise.all([inbox.acceptConnections(), slack.acceptConnections()]);
}

/** An order that its payment has completed, of a buyer whose address is `buyer<order>@example.com`, and the event of that. */
export async function aSold(
  notices: Notices,
  { lowStock = [], ...order }: NewOrder & { readonly lowStock?: readonly LowStock[] } = {},
): Promise<SucceededPayment> {
  const { database } = notices;
  const { orderId, paymentId, amountMinor } = await anOrder(notices, order);
  const completedAt = notices.now();
  await addressed(notices, orderId);
  await database.execute({
    text: `UPDATE payments.orders SET status = 'COMPLETED', ended_at = $2 WHERE id = $1`,
    values: [orderId, completedAt],
  });
  await database.execute({
    text: `UPDATE payments.payment SET status = 'SUCCESS', ended_at = $2, transaction_key = $3 WHERE id = $1`,
    values: [paymentId, completedAt, `T-${paymentId}`],
  });
  return { paymentId, orderId, amountMinor, completedAt, lowStock };
}

/** Gives an order the address of its buyer. */
export async function addressed({ database, ring }: Pick<Notices, 'database' | 'ring'>, orderId: bigint): Promise<void> {
  const email = encryptField(ring, orderId.toString(), buyerEmailField, `buyer${orderId}@example.com`);
  await database.execute({ text: 'UPDATE payments.orders SET buyer_email = $2 WHERE id = $1', values: [orderId, email] });
}

/** How notices stand: kind, state, and why, in the order in which they were made. */
export async function stateOf({ database }: Notices): Promise<readonly string[]> {
  const rows = await database.query<{ line: string }>(
    `SELECT concat_ws(' ', kind, product_id, status, reason) AS line FROM payments.notice ORDER BY payment_id, kind, product_id`,
  );
  return rows.map(({ line }) => line);
}
