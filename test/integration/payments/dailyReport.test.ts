import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { beforeAll, beforeEach, describe, expect, it, onTestFinished } from 'vitest';
import { dailyReport, type DailyReportPorts } from '../../../pipelines/payments/dailyReport.job.ts';
import { dailyReportStore, type CompiledReport } from '../../../pipelines/payments/dailyReportStore.ts';
import { sendReportMail } from '../../../pipelines/payments/reportMail.ts';
import { createIdentifiers } from '../../../pipelines/shared/identifiers.ts';
import { mailed, type DueMail } from '../../../pipelines/shared/mailedReports/dueMail.ts';
import { reportMailStore } from '../../../pipelines/shared/mailedReports/reportMailStore.ts';
import type { Database } from '../../../src/connectors/database.ts';
import { openWholeFile } from '../../../src/connectors/disk/openWholeFile.ts';
import type { Mail } from '../../../src/connectors/mailer.ts';
import { WeirError } from '../../../src/errors.ts';
import { Decision } from '../../../src/message/decision.ts';
import { realClock } from '../../../src/runtime/clock.ts';
import type { JobEnd } from '../../../src/runtime/jobs/jobSpec.ts';
import { runJob } from '../../../src/runtime/jobs/runJob.ts';
import { aGate } from '../../support/aGate.ts';
import { openGate } from '../../support/openGate.ts';
import { silent } from '../../support/aSpec.ts';
import { until } from '../../support/until.ts';
import { anOrder, aPayment, aPayments, emptied, type Payments } from './aPayments.ts';

const day = '2026-11-01';
const asOf = new Date('2026-11-01T15:00:00Z');
const recipients = 'a@house.example,b@house.example';
let payments: Payments;
let folder: string;
let sent: Mail[];
let said: string[];
/** What the mail server does; by default it takes them. */
let answer: (mail: Mail) => Promise<{ response: string }>;

beforeAll(async () => {
  payments = await aPayments();
});

beforeEach(async () => {
  await emptied(payments);
  await payments.database.execute('TRUNCATE payments.daily_report CASCADE');
  folder = await mkdtemp(join(tmpdir(), 'weir-report-'));
  onTestFinished(() => rm(folder, { recursive: true }));
  [sent, said] = [[], []];
  answer = () => Promise.resolve({ response: '250' });
});

const identifiers = createIdentifiers({ now: () => asOf, random: () => 0, node: 1 });

function aMail(recipient = 'a@house.example'): DueMail<CompiledReport> {
  return { day, recipient, claimed: undefined };
}

function portsOver(database: Database): DailyReportPorts {
  const log = { ...silent, error: (sentence: string) => void said.push(sentence) };
  const reports = dailyReportStore(database, openWholeFile, () => asOf);
  const mails = reportMailStore(database, {
    ...{ job: dailyReport.name, table: 'payments.daily_report', reports },
    ...{ now: () => asOf, identifiers, log },
  });
  const mailer = {
    send: (mail: Mail) => {
      sent.push(mail);
      return answer(mail);
    },
  };
  const sender = { address: 'weir@house.example', name: 'Weir' };
  return {
    clock: { ...realClock, now: () => asOf },
    reports,
    reportMails: { ...mails, send: sendReportMail({ mailer, sender }), gate: openGate('smtp') },
  };
}

const hasty = {
  recipients: 'a@house.example',
  mail: { retry: { maxRetries: 1, firstDelayMs: 1, maxDelayMs: 1 } },
  repeat: { firstDelayMs: 1, maxDelayMs: 1 },
};

const settings = {
  ...{ partitions: 4, leaseMs: 3_000, heartbeatMs: 300, pollMs: 20, pageSize: 100, window: 300, maxSpan: 300 },
  ...{ restart: { firstMs: 5, maxMs: 20 }, maxFailures: 3, stopTimeoutMs: 2_000 },
};

function run(options: object = { folder, recipients }, ports = portsOver(payments.database)): Promise<JobEnd> {
  return runJob({
    ...{ job: dailyReport, ports, key: day, database: payments.database, clock: realClock, settings, log: silent, holder: 'test' },
    options: dailyReport.options.parse(options),
    meter: { stage: () => undefined, retried: () => undefined, deadLettered: () => undefined },
    parts: new Set(),
    draining: new AbortController().signal,
    signal: new AbortController().signal,
  });
}

async function stats(): Promise<readonly object[]> {
  return payments.database.query('SELECT status, method, orders, amount_minor FROM payments.daily_order_stats ORDER BY status, method');
}

async function mails(): Promise<readonly object[]> {
  return payments.database.query('SELECT recipient, status FROM payments.daily_report_mail ORDER BY recipient');
}

describe('payments.dailyReport', () => {
  it('tells the orders of a day of Seoul in the table, the file and the mails alike', async () => {
    await anOrder(payments, { createdAt: '2026-10-31T14:59:59.999Z' });
    const first = await anOrder(payments, { createdAt: '2026-10-31T15:00:00Z', amountMinor: 7n });
    await payments.database.execute(`UPDATE payments.payment SET payment_number = '=1,"x"' WHERE id = ${first.paymentId}`);
    const twice = await anOrder(payments, { createdAt: '2026-11-01T01:00:00Z', method: 'wallet' });
    await aPayment(payments, twice.orderId, { method: 'card' });
    await payments.database.execute(`UPDATE payments.payment SET status = 'SUCCESS', ended_at = created_at WHERE id = ${twice.paymentId}`);
    await payments.database.execute(
      `UPDATE payments.orders SET status = 'COMPLETED', ended_at = '2026-11-01T02:00:00.5Z' WHERE id = ${twice.orderId}`,
    );
    const unpaid = await anOrder(payments, { createdAt: '2026-11-01T14:59:59.999Z', hasPayment: false });
    await anOrder(payments, { createdAt: '2026-11-01T15:00:00Z' });
    expect(await run()).toMatchObject({ how: 'completed' });

    expect(await stats()).toEqual([
      { status: 'COMPLETED', method: 'wallet', orders: 1n, amount_minor: '12000' },
      { status: 'PENDING', method: 'card', orders: 1n, amount_minor: '7' },
      { status: 'PENDING', method: 'none', orders: 1n, amount_minor: '12000' },
    ]);
    expect(await readdir(folder)).toEqual([`payments-${day}.csv`]);
    expect(await readFile(join(folder, `payments-${day}.csv`), 'utf8')).toBe(
      [
        'id,created,ended,status,fail code,amount,method,payment number',
        `${first.orderId},2026-11-01T00:00:00.000+09:00,,PENDING,,7,card,"'=1,""x"""`,
        `${twice.orderId},2026-11-01T10:00:00.000+09:00,2026-11-01T11:00:00.500+09:00,COMPLETED,,12000,wallet,${twice.paymentNumber}`,
        `${unpaid.orderId},2026-11-01T23:59:59.999+09:00,,PENDING,,12000,,`,
        '',
      ].join('\r\n'),
    );
    expect(sent.map(({ to }) => to.address).toSorted()).toEqual(['a@house.example', 'b@house.example']);
    expect(sent[0]?.subject).toBe('Payments of 2026-11-01: 3 orders, 24,007원');
    expect(sent[0]?.text).toContain('PENDING  card  1  7원');
    expect(sent[0]?.messageId).not.toBe(sent[1]?.messageId);
    expect(await mails()).toMatchObject([{ status: 'SENT' }, { status: 'SENT' }]);
    expect(await dailyReport.report?.(portsOver(payments.database), day)).toMatchObject({
      asOf: asOf.toISOString(),
      totals: { length: 3 },
    });
    await expect(run()).rejects.toMatchObject({ code: 'alreadyCompleted' });
  });

  it('reports a day without orders, and needs neither folder nor recipients', async () => {
    expect(await run({})).toMatchObject({ how: 'completed' });
    expect(await payments.database.query('SELECT day::text FROM payments.daily_report')).toEqual([{ day }]);
    expect({ stats: await stats(), mails: await mails(), files: await readdir(folder) }).toEqual({ stats: [], mails: [], files: [] });
  });

  it('refuses a day that has not ended', async () => {
    const ports = { ...portsOver(payments.database), clock: { ...realClock, now: () => new Date('2026-11-01T14:00:00Z') } };
    expect(await run({}, ports)).toMatchObject({ how: 'failed', failure: { code: 'invalidKey' } });
  });

  it('is compiled anew until a mail was claimed, and then stays as it was told', async () => {
    const { reports, reportMails } = portsOver(payments.database);
    const options = { folder, passLimitMs: 10_000 };
    await anOrder(payments);
    await reports.compile(day, options);
    await payments.database.execute(`UPDATE payments.orders SET status = 'FAILED', fail_code = 'DECLINED', ended_at = created_at`);
    await reports.compile(day, options);
    expect(await stats()).toMatchObject([{ status: 'FAILED', orders: 1n }]);
    expect(await reportMails.claim([aMail()])).toMatchObject([{ claimed: { report: { asOf } } }]);
    await anOrder(payments);
    await reports.compile(day, options);
    expect(await stats()).toMatchObject([{ status: 'FAILED', orders: 1n }]);
    expect((await readFile(join(folder, `payments-${day}.csv`), 'utf8')).trim().split('\r\n')).toHaveLength(2);
  });

  it('a claim that comes in between makes a compilation run again, and leave everything', async () => {
    const { reports, reportMails } = portsOver(payments.database);
    await anOrder(payments);
    await reports.compile(day, { folder: '', passLimitMs: 10_000 });
    await anOrder(payments);
    let isFirst = true;
    const withTransaction: Database['withTransaction'] = (work, options) =>
      payments.database.withTransaction(async (transaction) => {
        // Its snapshot is taken; only then the mail is claimed.
        await transaction.query('SELECT 1');
        if (isFirst) await reportMails.claim([aMail()]);
        isFirst = false;
        return work(transaction);
      }, options);
    await portsOver({ ...payments.database, withTransaction }).reports.compile(day, { folder: '', passLimitMs: 10_000 });
    expect(await stats()).toMatchObject([{ orders: 1n }]);
  });

  it('whose pass breaks leaves neither rows nor a file, and is made again', async () => {
    await anOrder(payments);
    const withTransaction: Database['withTransaction'] = (work, options) =>
      payments.database.withTransaction(
        (transaction) => work({ ...transaction, stream: (asked, count, take) => transaction.stream(asked, count + 1n, take) }),
        options,
      );
    const { reports } = portsOver({ ...payments.database, withTransaction });
    await expect(reports.compile(day, { folder, passLimitMs: 10_000 })).rejects.toMatchObject({ code: 'unavailable' });
    expect({ stats: await stats(), files: await readdir(folder) }).toEqual({ stats: [], files: [] });
    expect(await run()).toMatchObject({ how: 'completed' });
    expect(await readdir(folder)).toHaveLength(1);
  });

  it('tries a mail again that the server surely does not have, and sends it once', async () => {
    let failures = 2;
    answer = () => (failures-- > 0 ? Promise.reject(new WeirError('throttled', 'not now')) : Promise.resolve({ response: '250' }));
    expect(await run({ recipients: 'a@house.example', mail: { retry: { firstDelayMs: 1 } } })).toMatchObject({ how: 'completed' });
    expect(sent).toHaveLength(3);
    expect(await mails()).toMatchObject([{ status: 'SENT' }]);
  });

  it('never sends a mail again that nobody can tell about, and says so', async () => {
    answer = () => Promise.reject(new WeirError('outcomeUnknown', 'lost after the final dot'));
    expect(await run({ recipients: 'a@house.example' })).toMatchObject({ how: 'completed' });
    expect(await mails()).toMatchObject([{ status: 'UNKNOWN' }]);
    expect(said).toEqual(['nobody can tell whether the mail of a daily report was sent: it is not sent again']);
    expect(await portsOver(payments.database).reportMails.claim([aMail()])).toMatchObject([{ outcome: 'skipped' }]);
    expect(sent).toHaveLength(1);
  });

  it('never sends what a process claimed that died, and says so', async () => {
    const ports = portsOver(payments.database);
    await ports.reports.compile(day, { folder: '', passLimitMs: 10_000 });
    await ports.reportMails.claim([aMail()]);
    expect(await run()).toMatchObject({ how: 'completed' });
    expect(sent.map(({ to }) => to.address)).toEqual(['b@house.example']);
    expect(await mails()).toMatchObject([{ status: 'UNKNOWN' }, { status: 'SENT' }]);
    expect(said).toHaveLength(1);
  });

  it('writes a mail that is refused for good as refused', async () => {
    answer = () => Promise.reject(new WeirError('refused', 'no such mailbox'));
    expect(await run({ recipients: 'a@house.example' })).toMatchObject({ how: 'completed' });
    expect(await mails()).toMatchObject([{ status: 'REFUSED' }]);
  });

  it.each([
    ['was not written', false],
    ['was written', true],
  ])('sends a mail once whose claim was lost on its way: it %s', async (_how, isWritten) => {
    const ports = portsOver(payments.database);
    let failures = 1;
    const claim: typeof ports.reportMails.claim = async (mails) => {
      if (failures-- <= 0) return ports.reportMails.claim(mails);
      if (isWritten) await ports.reportMails.claim(mails);
      throw new WeirError('outcomeUnknown', 'the connection was lost after a write was sent');
    };
    expect(await run(hasty, { ...ports, reportMails: { ...ports.reportMails, claim } })).toMatchObject({ how: 'completed' });
    expect({ sent: sent.length, mails: await mails(), said }).toMatchObject({ sent: 1, mails: [{ status: 'SENT' }], said: [] });
  });

  it.each([
    ['was not written', false],
    ['was written', true],
  ])('records a mail as sent though its record was lost on its way: it %s', async (_how, isWritten) => {
    const ports = portsOver(payments.database);
    let failures = 2;
    const record: typeof ports.reportMails.record = async (verdicts) => {
      if (failures-- <= 0) return ports.reportMails.record(verdicts);
      if (isWritten) await ports.reportMails.record(verdicts);
      throw new WeirError(isWritten ? 'outcomeUnknown' : 'unavailable', 'PostgreSQL restarts');
    };
    expect(await run(hasty, { ...ports, reportMails: { ...ports.reportMails, record } })).toMatchObject({ how: 'completed' });
    expect({ sent: sent.length, mails: await mails(), said }).toMatchObject({ sent: 1, mails: [{ status: 'SENT' }], said: [] });
  });

  it('does not complete while a mail is not taken, gives its claim back, and sends it once the server is there', async () => {
    answer = () => Promise.reject(new WeirError('unavailable', 'nobody answers'));
    expect(await run(hasty)).toMatchObject({ how: 'failed', failure: { code: 'unavailable' } });
    expect(await mails()).toEqual([]);
    answer = () => Promise.resolve({ response: '250' });
    expect(await run(hasty)).toMatchObject({ how: 'completed' });
    expect(await mails()).toMatchObject([{ status: 'SENT' }]);
  });

  it('waits for the server when its breaker shuts behind the claim, and cuts no other mail short', async () => {
    const gate = aGate();
    const held = Promise.withResolvers<{ response: string }>();
    const both = Promise.withResolvers<unknown>();
    answer = async ({ to }) => {
      if (sent.length === 2) both.resolve(undefined);
      await both.promise;
      if (to.address.startsWith('b')) return held.promise;
      gate.shut();
      throw new WeirError('unavailable', 'nobody answers');
    };
    const ports = portsOver(payments.database);
    const running = run({ ...hasty, recipients }, { ...ports, reportMails: { ...ports.reportMails, gate } });
    await until('the claim was given back', async () => sent.length === 2 && (await mails()).length === 1);
    answer = () => Promise.resolve({ response: '250' });
    gate.open();
    await until('it was sent', async () => (await mails()).length === 2);
    held.resolve({ response: '250' });
    expect(await running).toMatchObject({ how: 'completed' });
    expect(await mails()).toMatchObject([{ status: 'SENT' }, { status: 'SENT' }]);
    expect(sent).toHaveLength(3);
  });

  it('takes the late word of a process that was given up, and never that of another claim', async () => {
    const { reports, reportMails } = portsOver(payments.database);
    await reports.compile(day, { folder: '', passLimitMs: 10_000 });
    const [claimed] = await reportMails.claim([aMail()]);
    if (claimed === undefined || Decision.is(claimed)) throw new Error('not claimed');
    expect(await reportMails.claim([aMail()])).toMatchObject([{ outcome: 'skipped' }]);
    expect({ mails: await mails(), said }).toMatchObject({ mails: [{ status: 'UNKNOWN' }], said: { length: 1 } });
    const stranger = { ...mailed(claimed), token: 1n };
    await expect(reportMails.record([stranger])).rejects.toMatchObject({ code: 'defect' });
    await reportMails.record([mailed(claimed)]);
    expect(await mails()).toMatchObject([{ status: 'SENT' }]);
  });

  it('is told again of a mail that was refused where whoever wrote that may have died before it told', async () => {
    answer = () => Promise.reject(new WeirError('refused', 'no such mailbox'));
    expect(await run(hasty)).toMatchObject({ how: 'completed' });
    expect(await portsOver(payments.database).reportMails.claim([aMail()])).toMatchObject([{ outcome: 'skipped' }]);
    expect(said).toEqual(['the mail of a daily report was refused', 'the mail of a daily report was refused']);
  });
});
