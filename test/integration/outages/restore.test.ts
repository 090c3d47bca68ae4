import { describe, expect, it, vi } from 'vitest';
import { seoulMinute } from '../../../pipelines/shared/seoulTime.ts';
import { createToken } from '../../../src/console/apiTokens.ts';
import { openDatabase } from '../../../src/connectors/postgres/openDatabase.ts';
import { realClock } from '../../../src/runtime/clock.ts';
import type { Service } from '../../../stack/service.ts';
import { say } from '../../commandLine/aPlace.ts';
import { atTheEnd } from '../../support/atTheEnd.ts';
import { aCopyOf, aPrivateKafka, sharedKafka } from '../../support/services.ts';
import { until } from '../../support/until.ts';
import { startWeir, type WeirProcess } from '../../support/weirProcess.ts';
import type { MonthToBill } from '../crash/aMonth.ts';
import { delivered } from '../crash/deliveryFlaws.ts';
import { weirHere } from '../crash/weirHere.ts';
import { allDelivered, startDelivery, toDeliver, unhurried } from './toDeliver.ts';

// Processes start and die in each of these: on a busy machine that takes its time.
vi.setConfig({ testTimeout: 180_000 });

const members = 100;
/** What a killed daemon has read is given to another soon. */
const soon = 'bus.idleLimitMs=1500';
const refusal = '550 5.1.1 no such mailbox';

/** The month on the database that a restore has brought back: an earlier one, beside a bus and an inbox that have gone on. */
function restoredTo(url: string, month: MonthToBill): MonthToBill {
  const database = openDatabase({ url, clock: realClock, maxConnections: 3 });
  atTheEnd(() => database.close());
  return { ...month, database, environment: { ...month.environment, WEIR_DATABASE_URL: url } };
}

type Operator = (daemon: WeirProcess, ...words: readonly string[]) => Promise<{ readonly answer: unknown; readonly errors: string }>;

/** Somebody with a token who says something to a daemon, `--json` behind it. */
async function anOperator({ database }: MonthToBill): Promise<Operator> {
  const token = await createToken(database, { name: 'kim', role: 'admin', at: new Date(), by: 'test' });
  return async (daemon, ...words) => {
    const { output, errors } = await say([...words, '--json'], { WEIR_ADMIN_URL: await daemon.adminUrl(), WEIR_TOKEN: token });
    return { answer: output === '' ? undefined : (JSON.parse(output) as unknown), errors };
  };
}

interface ParkedSheet {
  readonly bill: string;
  readonly messageId: string;
}

/** Rehearses what docs/operations.md says under "After a restore". */
async function rehearse(kafka?: Service): Promise<void> {
  const month = await toDeliver({ members, kafka });
  const { inbox } = month;
  inbox.faults.add({ phase: 'dot', action: { kind: 'delay', delayMs: 20 } });
  inbox.faults.add({ phase: 'rcpt', to: '7@', action: { kind: 'reply', text: refusal } });

  // The moment that is restored later lies in the middle of a delivery.
  const early = startDelivery(month.environment, soon);
  await inbox.until(15, 30_000);
  early.signal('SIGKILL');
  await early.ended;
  const backup = await aCopyOf(month.environment['WEIR_DATABASE_URL'] ?? '');
  const mailedBefore = inbox.count();

  const late = startDelivery(month.environment, soon);
  await allDelivered(month);
  expect(await late.stop(), late.errors()).toEqual({ code: 0, signal: null });
  const lostAt = new Date().toISOString();
  const mailed = inbox.count();
  expect(mailed).toBeGreaterThan(mailedBefore + 30);

  const restored = restoredTo(backup, month);
  const held = startWeir(restored.environment, 'run', '--hold');
  await isHeld(held);
  const kim = await anOperator(restored);
  const doubt = (expected: number): ReturnType<Operator> =>
    kim(held, 'billing', 'restored', '--until', lostAt, '--expected', String(expected), '--reason', 'the disk burnt');
  const { errors } = await doubt(1);
  const doubtful = Number(/(\d+) bills may have been sent/.exec(errors)?.[1]);
  expect(doubtful, errors).toBeGreaterThanOrEqual(mailed - mailedBefore);
  expect((await doubt(doubtful)).answer).toEqual({ parked: doubtful, remaining: 0 });
  expect(await held.stop(), held.errors()).toEqual({ code: 0, signal: null });

  // Everything brings bills back that can: nothing is mailed, and what may have been mailed is known to be unknown.
  const daemon = startDelivery(restored.environment);
  await daemon.logged('pipeline state', { pipeline: 'billing.deliver', state: 'running' });
  await until('it is ready', async () => (await daemon.ask('/readyz')).status === 200);
  await redispatched(restored, 2);
  expect(inbox.count()).toBe(mailed);
  expect((await delivered(restored)).flaws).toEqual([]);

  expect(await daemon.stop(), daemon.errors()).toEqual({ code: 0, signal: null });

  // The operator compares with the log of the mail server, while nothing runs that could park more, and lets go what it does not have.
  const heldAgain = startWeir(restored.environment, 'run', '--hold');
  await isHeld(heldAgain);
  const decide = async (as: 'sent' | 'resend', bills: readonly string[]): Promise<void> => {
    const { answer } = await kim(heldAgain, 'billing', 'resolve', '--as', as, '--bills', bills.join(','), '--reason', 'mail log');
    expect(answer).toMatchObject({ resolved: bills.length });
  };
  const { bills } = (await kim(heldAgain, 'billing', 'unknown', '--limit', '1000')).answer as { readonly bills: readonly ParkedSheet[] };
  const { yes = [], no = [] } = Object.groupBy(bills, ({ messageId }) => (inbox.byMessageId(messageId).length > 0 ? 'yes' : 'no'));
  await decide(
    'sent',
    yes.map(({ bill }) => bill),
  );
  await decide(
    'resend',
    no.map(({ bill }) => bill),
  );
  expect(await heldAgain.stop(), heldAgain.errors()).toEqual({ code: 0, signal: null });
  const last = startDelivery(restored.environment, ...unhurried);
  await redispatched(restored, 1);
  expect(await last.stop(), last.errors()).toEqual({ code: 0, signal: null });
  expect(inbox.doubles()).toEqual([]);
  expect(await states(restored)).toEqual({ COMPLETED: BigInt(inbox.count()), FAILED: BigInt(members - 1 - inbox.count()) });
  expect(inbox.count()).toBeGreaterThanOrEqual(mailed);
}

async function isHeld(daemon: WeirProcess): Promise<void> {
  await daemon.logged('pipeline state', { pipeline: 'billing.deliver', state: 'paused', reason: 'held at start' });
  await until('it answers', async () => (await daemon.ask('/readyz')).status === 200);
}

/** Publishes again what nobody seems to have sent: as a restored database knows it, that was long ago. */
async function redispatched(month: MonthToBill, minutesAgo: number): Promise<void> {
  await month.database.execute(`
    UPDATE billing.billing_p SET pending_since = pending_since - interval '1 day', next_attempt_at = next_attempt_at - interval '1 day',
      lease_until = lease_until - interval '1 day'`);
  const key = seoulMinute(new Date(Date.now() - minutesAgo * 60_000));
  await weirHere(month.environment, 'run', '--job', 'billing.redispatch', '--key', key);
  await allDelivered(month);
}

async function states({ database }: MonthToBill): Promise<Readonly<Record<string, bigint>>> {
  const rows = await database.query<{ state: string; bills: bigint }>(
    'SELECT send_status AS state, count(*) AS bills FROM billing.billing_p GROUP BY send_status',
  );
  return Object.fromEntries(rows.map(({ state, bills }) => [state, bills]));
}

it('a restored database mails nothing twice: what may have been sent is unknown until a person has decided', () => rehearse());

describe.skipIf(sharedKafka() === undefined)('over Kafka', () => {
  it('a restored database mails nothing twice: what may have been sent is unknown until a person has decided', async () =>
    rehearse(await aPrivateKafka()));
});
