import { createMemoryBus, type MemoryBus } from '../../../src/connectors/memory/memoryBus.ts';
import { openDatabase, type PostgresDatabase } from '../../../src/connectors/postgres/openDatabase.ts';
import type { LogFields } from '../../../src/logging/logger.ts';
import type { Clock } from '../../../src/message/clock.ts';
import { parseKeyRing, type KeyRing } from '../../../src/message/keyRing.ts';
import { openWholeFile } from '../../../src/connectors/disk/openWholeFile.ts';
import { realClock } from '../../../src/runtime/clock.ts';
import type { House } from '../../../src/runtime/house.ts';
import type { Job } from '../../../src/runtime/jobs/job.ts';
import type { JobEnd, JobSpec } from '../../../src/runtime/jobs/jobSpec.ts';
import { runJob } from '../../../src/runtime/jobs/runJob.ts';
import { claimStore, type ClaimStore } from '../../../pipelines/billing/claimStore.ts';
import type { SendableBill } from '../../../pipelines/billing/delivery.ts';
import type { DispatchedBill } from '../../../pipelines/billing/dispatchedBill.ts';
import { memberStore, type MemberStore, type NewMember, type NewUsage } from '../../../pipelines/billing/memberStore.ts';
import { recordStore, type RecordStore } from '../../../pipelines/billing/recordStore.ts';
import { systems } from '../../../pipelines/index.ts';
import { createIdentifiers, type Identifiers } from '../../../pipelines/shared/identifiers.ts';
import { atTheEnd } from '../../support/atTheEnd.ts';
import { noKeyStore } from '../../support/noKeyStore.ts';
import { openGate } from '../../support/openGate.ts';
import { aMigratedDatabase } from '../../support/services.ts';

type Ports = ReturnType<typeof systems.openPorts>;

/** A line of the log, or a rise of a counter. */
type Told = readonly [what: string, fields?: LogFields] | readonly [counter: string, labels: object, by: number];

/** The billing tables in a database of their own, a bus in memory, a calendar that tests set. */
export interface Billing {
  readonly database: PostgresDatabase;
  readonly bus: MemoryBus;
  readonly ring: KeyRing;
  readonly identifiers: Identifiers;
  readonly clock: Clock;
  readonly ports: Ports;
  /** What was logged at `info` and above, and counted, since it was emptied. */
  readonly told: Told[];
  readonly members: MemberStore;
  /** Claims and records as another process would. */
  another(instance: string): ClaimStore & RecordStore;
  readonly setNow: (now: string) => void;
  /** Runs a job to its end. */
  run(name: string, key: string, options?: object): Promise<JobEnd>;
  /** What a job is run with. */
  spec(name: string, key: string, options?: object): JobSpec<Ports, unknown, unknown, unknown, unknown>;
}

const settings = {
  ...{ partitions: 2, leaseMs: 3_000, heartbeatMs: 300, pollMs: 50, pageSize: 100, window: 200, maxSpan: 2_000 },
  ...{ restart: { firstMs: 5, maxMs: 20 }, maxFailures: 3, stopTimeoutMs: 2_000 },
};

/** Opens an empty billing whose calendar stands at 1 November 2026, 00:00 in Seoul, with months from October to January. */
export async function aBilling(): Promise<Billing> {
  const database = openDatabase({ url: await aMigratedDatabase(), clock: realClock });
  atTheEnd(() => database.close());
  let calendar = new Date('2026-10-31T15:00:00Z');
  const clock: Clock = { ...realClock, now: () => calendar };
  const now = (): Date => calendar;
  const ring = parseKeyRing(`k1:${Buffer.alloc(32, 7).toString('base64')}`);
  const bus = createMemoryBus();
  const mailer = {
    send: () => Promise.resolve({ response: '250 ok' }),
    reach: () => Promise.resolve(),
    close: () => Promise.resolve(),
  };
  const sender = { address: 'bills@weir.example', name: 'Weir' };
  const told: Told[] = [];
  const tell = (sentence: string, fields?: LogFields): void => void told.push(fields === undefined ? [sentence] : [sentence, fields]);
  const log = { debug: () => undefined, info: tell, warn: tell, error: tell };
  const count: House['count'] = (name, labels, by) => void told.push([name, labels, by]);
  const house = {
    database,
    bus,
    mailer,
    openFile: openWholeFile,
    keyStore: noKeyStore,
    texter: undefined,
    chat: undefined,
    service: () => undefined,
    webhookSecrets: () => [],
    gate: openGate,
    keyRing: ring,
    clock,
    log,
    count,
    sender,
    instance: 'one',
    node: 1,
  };
  const ports = systems.openPorts(house);
  const identifiers = createIdentifiers({ now, random: () => clock.random(), node: 2 });
  await ports.periods.provideMonths(['2026-10', '2026-11', '2026-12', '2027-01']);
  const spec: Billing['spec'] = (name, key, options = {}) => {
    const job = systems.jobs.find((candidate) => candidate.name === name) as Job<Ports, unknown, unknown, unknown>;
    return {
      ...{ job, ports, key, database, clock, settings, log, holder: 'test', parts: new Set() },
      options: job.options.parse(options),
      meter: { stage: () => undefined, retried: () => undefined, deadLettered: () => undefined },
      parts: new Set(),
      draining: new AbortController().signal,
      signal: new AbortController().signal,
    };
  };
  return {
    ...{ database, bus, ring, identifiers, clock, ports, told, spec },
    members: memberStore(database, ring),
    another: (instance) => ({
      ...claimStore(database, { now, identifiers, instance }),
      ...recordStore(database, { now, identifiers, tellParked: () => undefined }),
    }),
    setNow: (now) => {
      calendar = new Date(now);
    },
    run: (name, key, options) => runJob(spec(name, key, options)),
  };
}

/** Forgets everything: members, usage, bills, runs; every month is open again and the calendar back on 1 November. */
export async function emptied({ database, setNow, told }: Billing): Promise<void> {
  await database.execute(`
    TRUNCATE billing.member, billing.usage, billing.billing_p, billing.billing_detail_p, billing.send_attempt, billing.email_fail_log,
      weir.job_run CASCADE`);
  await database.execute('UPDATE billing.billing_period SET closing_at = NULL, closed_at = NULL');
  setNow('2026-10-31T15:00:00Z');
  told.length = 0;
}

/** A member in Seoul without quiet hours, whose bill is mailed on the 15th. */
export function aNewMember(changes: Partial<NewMember> = {}): NewMember {
  return {
    publicInfoId: 1_001n,
    name: '홍길동',
    email: 'gildong@example.com',
    phone: '010-1234-5678',
    birthDate: '1990-05-20',
    joinedDate: '2026-01-15',
    contractMonths: 0,
    addonGrade: 0,
    familyLines: 1,
    sendDay: 15,
    quietHours: { start: null, end: null, zone: 'Asia/Seoul' },
    ...changes,
  };
}

/** A line of October's usage of 10,000 won. */
export function aUsage(changes: Partial<NewUsage> = {}): NewUsage {
  const line = {
    id: 5_001n,
    publicInfoId: 1_001n,
    usedOn: '2026-10-10',
    service: 'DATA',
    description: '데이터',
    quantity: 1n,
    amountMinor: 10_000n,
  };
  return { ...line, ...changes };
}

/** Loads `count` members, 1,001 and up, each with one line of October's usage, and settles them. */
export async function settled(billing: Billing, count = 1, changes: Partial<NewMember> = {}): Promise<readonly DispatchedBill[]> {
  const ids = Array.from({ length: count }, (_, index) => 1_001n + BigInt(index));
  await billing.members.insertMembers(ids.map((publicInfoId) => aNewMember({ publicInfoId, ...changes })));
  await billing.members.insertUsage(ids.map((publicInfoId) => aUsage({ publicInfoId, id: publicInfoId + 4_000n })));
  await billing.run('billing.settle', '2026-11');
  const rows = await billing.database.query<{ id: bigint; public_info_id: bigint }>(
    'SELECT id, public_info_id FROM billing.billing_p ORDER BY id',
  );
  return rows.map((row) => ({
    billId: row.id,
    billingDate: '2026-11-01',
    publicInfoId: row.public_info_id,
    destination: 'example.com',
    quietHours: null,
  }));
}

/** The same, dispatched on 15 November, 00:00 in Seoul. */
export async function pending(billing: Billing, count = 1, changes: Partial<NewMember> = {}): Promise<readonly DispatchedBill[]> {
  const bills = await settled(billing, count, changes);
  billing.setNow('2026-11-14T15:00:00Z');
  await billing.run('billing.dispatch', '2026-11-15');
  return bills;
}

/** A bill that may be sent and is not claimed. */
export function sendable(bill: DispatchedBill): SendableBill {
  return { kind: 'send', bill, claimed: undefined };
}

/** The columns of a bill that tell about its delivery. */
export async function billRow(billing: Billing, bill: DispatchedBill): Promise<Record<string, unknown> | undefined> {
  const text = `SELECT send_status, send_token, next_attempt_at, lease_owner, lease_until, park_reason, sent_channel, fail_code, attempts, pending_since
    FROM billing.billing_p WHERE id = $1`;
  return (await billing.database.query({ text, values: [bill.billId] }))[0];
}
