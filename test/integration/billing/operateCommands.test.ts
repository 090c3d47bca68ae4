import PostalMime from 'postal-mime';
import { beforeAll, describe, expect, it } from 'vitest';
import { startSms, type Sms } from '../../../simulators/sms.ts';
import { atTheEnd } from '../../support/atTheEnd.ts';
import { quietNow } from '../../support/quietNow.ts';
import { until } from '../../support/until.ts';
import { startWeir } from '../../support/weirProcess.ts';
import { say } from '../../commandLine/aPlace.ts';
import { aMonth, type AMonth } from '../daemon/aMonth.ts';

const busy = 'busy.example';
let town: AMonth;
let sms: Sms;
let environment: Readonly<Record<string, string>>;

interface Sheet {
  readonly members: readonly {
    readonly name: string;
    readonly email: string;
    readonly phone: string;
    readonly bills: readonly BillSheet[];
  }[];
}

interface BillSheet {
  readonly bill: string;
  readonly billNumber: string;
  readonly messageId: string;
  readonly state: string;
  readonly channel: string | null;
  readonly failCode: string | null;
  readonly failures: readonly { readonly origin: string | null }[];
}

async function weir(...words: readonly string[]): Promise<unknown> {
  const { exitCode, output, errors } = await say([...words, '--json'], environment);
  expect(exitCode, `weir ${words.join(' ')}: ${errors}`).toBe(0);
  return JSON.parse(output);
}

async function billOf(publicInfoId: number): Promise<BillSheet> {
  const { members } = (await weir('billing', 'find', '--public-info-id', String(publicInfoId))) as Sheet;
  const bill = members[0]?.bills[0];
  if (bill === undefined) throw new Error(`member ${publicInfoId} has no bill`);
  return bill;
}

const untilBill = (publicInfoId: number, state: string): Promise<BillSheet> =>
  until(`the bill of ${publicInfoId} is ${state}`, async () => {
    const bill = await billOf(publicInfoId);
    return bill.state === state ? bill : undefined;
  });

// One daemon that ends badly for each member in its own way: sent, quiet, refused, unknown.
beforeAll(async () => {
  town = await aMonth();
  sms = await startSms({ token: 'secret' });
  atTheEnd(() => sms.close());
  await town.load([
    {},
    { quietHours: quietNow() },
    { email: 'nobody@refused.example' },
    { email: `slow@${busy}` },
    { email: 'a@y.example, b@y.example' },
  ]);
  await town.dispatch();
  town.inbox.faults.add({ phase: 'rcpt', to: '@refused.example', action: { kind: 'reply', text: '550 5.1.1 no such mailbox' } });
  town.inbox.faults.add({ phase: 'dot', to: `@${busy}`, action: { kind: 'cut' } });
  const services = { ...town.environment, WEIR_SMS_URL: sms.url, WEIR_SMS_TOKEN: 'secret', WEIR_LOG_LEVEL: 'info' };
  const daemon = startWeir(services, 'run', '--profile', 'consumer');
  const { token } = JSON.parse(
    (await say(['tokens', 'create', '--name', 'kim', '--role', 'operator', '--reason', 'on call', '--json'], town.environment)).output,
  ) as {
    token: string;
  };
  environment = { ...services, WEIR_ADMIN_URL: await daemon.adminUrl(), WEIR_TOKEN: token };
});

describe('weir billing', () => {
  it('finds a member by an address in any spelling, and shows nothing that could be written down', async () => {
    await untilBill(1_001, 'COMPLETED');
    const sheet = (await weir('billing', 'find', '--email', ' Member0@MAIL.example')) as Sheet;
    expect(sheet.members).toMatchObject([{ name: '홍*동', email: 'm***@mail.example', phone: '***-5678' }]);
    expect(sheet.members[0]?.bills).toMatchObject([{ state: 'COMPLETED', channel: 'EMAIL' }]);
  });

  it('finds a bill by either of its names, and tells the Message-ID of its mail', async () => {
    const { bill, billNumber, messageId } = await untilBill(1_001, 'COMPLETED');
    const [mail] = town.inbox.received({ to: 'member0@mail.example' });
    expect(mail?.raw.toString()).toContain(`Message-ID: ${messageId}`);
    expect((await PostalMime.parse(mail?.raw ?? '')).text).toContain(billNumber);
    for (const name of [bill, billNumber, billNumber.toLowerCase()]) {
      expect(await weir('billing', 'find', '--bill', name), name).toMatchObject({
        members: [{ publicInfoId: '1001', bills: [{ bill, billNumber }] }],
      });
    }
    expect(await weir('billing', 'find', '--bill', '783261098765432101')).toEqual({ members: [] });
    const twice = await say(['billing', 'find', '--bill', bill, '--public-info-id', '1001'], environment);
    expect(twice).toMatchObject({ exitCode: 2, errors: 'Expected one of publicInfoId, bill and email.\n' });
  });

  it('shows people tables of bills, attempts and failures', async () => {
    const { output } = await say(['billing', 'find', '--public-info-id', '1001'], environment);
    expect(output).not.toContain('{');
    expect(output).toMatch(/^members:\npublicInfoId +name /m);
    expect(output).toMatch(/^bills:\nbill +billNumber +month /m);
    expect(output).toMatch(/^attempts:\n.*\n.*\n +1 .*\d{4}-\d\d-\d\d \d\d:\d\d:\d\d UTC/m);
  });

  it('sends a bill now to a member who is in quiet hours', async () => {
    await untilBill(1_002, 'IN_QUIET_HOUR');
    expect(await weir('billing', 'send', '--public-info-id', '1002', '--reason', 'asked on the phone')).toMatchObject({
      from: 'IN_QUIET_HOUR',
      to: 'SEND_PENDING',
    });
    await untilBill(1_002, 'COMPLETED');
    expect(town.inbox.received({ to: 'member1@mail.example' })).toHaveLength(1);
  });

  it('shows a refusal with the dead letter that completed it, and sends the bill as SMS', async () => {
    await until('the dead letter is logged', async () => (await billOf(1_003)).failures[0]?.origin);
    expect(await billOf(1_003)).toMatchObject({
      state: 'FAILED',
      failCode: 'refused',
      failures: [{ error: expect.stringContaining('550') as string }],
    });
    await weir('billing', 'sms', '--public-info-id', '1003', '--reason', 'no mailbox');
    expect(await untilBill(1_003, 'COMPLETED')).toMatchObject({ channel: 'SMS' });
    expect(sms.received()).toMatchObject([{ to: '01012345678', requests: 1 }]);
  });

  it('fails a bill whose address is a list, before anything is sent', async () => {
    expect(await untilBill(1_005, 'FAILED')).toMatchObject({ failCode: 'refused' });
    expect(town.inbox.received({ to: '@y.example' })).toEqual([]);
  });

  it('lists a bill that nobody can tell about, and sends it again', async () => {
    const { bill, billNumber, messageId } = await untilBill(1_004, 'PARKED');
    expect(await weir('billing', 'unknown')).toMatchObject({
      parked: 1,
      bills: [{ bill, billNumber, messageId, publicInfoId: '1004', channel: 'EMAIL' }],
    });
    town.inbox.faults.clear();
    expect(await weir('billing', 'resolve', '--as', 'resend', '--bills', billNumber, '--reason', 'the member has no mail')).toMatchObject({
      resolved: 1,
    });
    await weir('billing', 'send', '--public-info-id', '1004', '--reason', 'at once');
    await untilBill(1_004, 'COMPLETED');
    expect(await weir('billing', 'unknown')).toEqual({ parked: 0, bills: [] });
  });

  it('says why it does not send what was sent', async () => {
    const { exitCode, errors } = await say(['billing', 'send', '--public-info-id', '1001', '--reason', 'again'], environment);
    expect(exitCode).not.toBe(0);
    expect(errors).toMatch(/was sent already/);
  });

  it('leaves who did what and why in the audit, without personal data', async () => {
    const rows = await town.database.query<{ action: string; actor: string; target: string; reason: string }>(
      `SELECT action, actor, target, reason FROM weir.audit WHERE action LIKE 'billing.%' ORDER BY id`,
    );
    expect(rows.map(({ action, actor, reason }) => [action, actor, reason])).toEqual([
      ['billing.send', 'kim', 'asked on the phone'],
      ['billing.sms', 'kim', 'no mailbox'],
      ['billing.resolve', 'kim', 'the member has no mail'],
      ['billing.send', 'kim', 'at once'],
    ]);
    expect(rows[0]?.target).toBe('the latest bill of member 1002');
  });
});

describe('weir keys rotate', () => {
  it('brings members under the first key of the ring while a daemon runs, and says when the old one is not needed', async () => {
    const ring = `new:${Buffer.alloc(32, 9).toString('base64')},${town.environment['WEIR_KEYS_RING'] ?? ''}`;
    const rotated = await say(['keys', 'rotate', '--json', '--reason', 'yearly'], { ...town.environment, WEIR_KEYS_RING: ring });
    expect(rotated.exitCode, rotated.errors).toBe(0);
    expect(rotated.errors).toContain('Every process must hold key new by now');
    expect(JSON.parse(rotated.output)).toEqual({
      rotations: [
        { table: 'billing.member', rotated: 5, unopened: 0 },
        { table: 'payments.orders', rotated: 0, unopened: 0 },
        { table: 'account_links.account_link', rotated: 0, unopened: 0 },
      ],
      keys: [
        { key: 'new', isCurrent: true, isInRing: true, values: 20 },
        { key: 'test', isCurrent: false, isInRing: true, values: 0 },
      ],
    });
    const rows = await town.database.query(
      `SELECT target, reason, result ->> 'state' AS state FROM weir.audit WHERE action = 'keys.rotate' ORDER BY id`,
    );
    expect(rows).toEqual([
      { target: 'key new', reason: 'yearly', state: 'begun' },
      { target: 'key new', reason: 'yearly', state: 'done' },
    ]);
    const listed = await say(['keys', 'list'], { ...town.environment, WEIR_KEYS_RING: ring });
    expect(listed.output).toMatch(/used by nobody: once every process has this ring, take it out/);
  });
});
