import { describe, expect, it } from 'vitest';
import type { Json } from '../../../src/runtime/jobs/job.ts';
import { startWeir } from '../../support/weirProcess.ts';
import { say } from '../../commandLine/aPlace.ts';
import { eventually } from '../daemon/eventually.ts';
import { anOperatedMonth } from './aDaemon.ts';

describe('what an operator does to a running daemon', () => {
  it('pauses a pipeline over a restart, resumes it, and opens a run that the daemon works on', async () => {
    const month = await anOperatedMonth();
    await month.load([{}]);
    await month.dispatch();
    const first = await month.start();
    const paused = await month.say('pipelines', 'pause', 'billing.deliver', '--reason', 'the provider asked');
    expect(paused.answer).toEqual({ pipeline: 'billing.deliver', state: 'paused' });
    await first.logged('pipeline state', { pipeline: 'billing.deliver', state: 'paused' });
    expect((await month.say('pipelines', 'pause', 'billing.deliver', '--reason', 'again')).answer).toMatchObject({
      state: 'was paused before',
    });
    expect(await first.stop()).toEqual({ code: 0, signal: null });

    const second = await month.start();
    await second.logged('pipeline state', { pipeline: 'billing.deliver', state: 'paused' });
    // Those of the others stand beside them.
    const list = async (): Promise<readonly Json[]> =>
      ((await month.say('pipelines', 'list')).answer as readonly { readonly pipeline: string }[]).filter(({ pipeline }) =>
        pipeline.startsWith('billing.'),
      );
    // A source reads as soon as one of its readers does.
    await eventually('all readers of the others read', async () => JSON.stringify(await list()).split('"1, 2 of 2"').length === 3);
    const standing = { restarts: 0, inFlight: 0, waitsFor: null };
    const nobody = { reason: null, pausedBy: null, pausedAt: null, pausedBecause: null };
    const at = expect.stringMatching(/Z$/) as string;
    const read = { source: 'reading', sourceSince: at, partitions: '1, 2 of 2' };
    expect(await list()).toEqual([
      {
        ...{ pipeline: 'billing.deliver', state: 'paused', reason: 'paused by kim', ...standing },
        ...{ source: 'idle', sourceSince: at, partitions: 'none of 2' },
        ...{ pausedBy: 'kim', pausedAt: at, pausedBecause: 'the provider asked' },
      },
      { pipeline: 'billing.deadLetters', state: 'running', ...standing, ...nobody, ...read },
      { pipeline: 'billing.deliverSms', state: 'running', ...standing, ...nobody, ...read },
    ]);
    expect((await month.say('pipelines', 'resume', 'billing.deliver', '--reason', 'they are back')).answer).toMatchObject({
      state: 'resumed',
    });
    await second.logged('pipeline state', { pipeline: 'billing.deliver', state: 'running' });
    const run = await month.say('job', 'run', 'billing.dispatch', '--key', `${month.month.billing}-21`, '--reason', 'late');
    expect(run.answer).toMatchObject({ job: 'billing.dispatch' });
    await second.logged('run left', { job: 'billing.dispatch', key: `${month.month.billing}-21`, state: 'completed' });
    const again = await month.say('job', 'run', 'billing.dispatch', '--key', `${month.month.billing}-21`, '--reason', 'twice');
    expect(again).toMatchObject({ code: 1, errors: expect.stringContaining('has completed') as string });
    expect(await month.say('job', 'run', 'billing.none', '--key', 'x', '--reason', 'x')).toMatchObject({ code: 2 });
    expect(await month.say('job', 'run', 'billing.dispatch', '--key', 'x', '--reason', 'x')).toMatchObject({ code: 2 });
    const { answer } = await month.say('audit', 'list', '--action', 'pipelines.pause');
    expect(answer).toMatchObject([
      { actor: 'kim', target: 'billing.deliver', reason: 'again' },
      { actor: 'kim', target: 'billing.deliver', reason: 'the provider asked' },
    ]);
  });

  it('makes it log a pipeline at another level, of what there is', async () => {
    const month = await anOperatedMonth('operator');
    await month.start('--profile', 'producer');
    // A pause holds in every daemon: also one that does not run the pipeline tells of it.
    await month.say('pipelines', 'pause', 'billing.deliver', '--reason', 'the provider asked');
    expect((await month.say('pipelines', 'list')).answer).toContainEqual(
      expect.objectContaining({ pipeline: 'billing.deliver', state: 'not in this daemon', pausedBy: 'kim', restarts: null }),
    );
    const changed = await month.say('log', 'level', 'billing.deliver', 'debug', '--for', '15m', '--reason', 'looking');
    expect(changed.answer).toMatchObject({ name: 'billing.deliver', level: 'debug' });
    expect(await month.say('log', 'level', 'nothing', 'debug', '--reason', 'x')).toMatchObject({ code: 2 });
    expect(await month.say('log', 'level', 'all', 'debug', '--for', '25h', '--reason', 'x')).toMatchObject({ code: 2 });
    // What he did himself an operator may read; what others did is for admins.
    expect((await month.say('audit', 'list')).answer).toMatchObject([
      { actor: 'kim', action: 'log.level' },
      { actor: 'kim', action: 'pipelines.pause' },
    ]);
    expect(await month.say('audit', 'list', '--actor', 'lee')).toMatchObject({
      code: 77,
      errors: 'what others did needs the role admin; kim is operator',
    });
  });
});

describe('weir log level', () => {
  it('lets a running daemon tell how each message of a pipeline ends, from then on', async () => {
    const month = await anOperatedMonth();
    await month.load([{}]);
    const weir = await month.startWith({ WEIR_LOG_LEVEL: 'info' }, '--profile', 'consumer');
    await month.dispatch();
    await eventually('the bill is sent', async () => (await month.bills())['COMPLETED'] === 1);
    expect(weir.log().some(({ msg }) => msg === 'message settled')).toBe(false);

    await month.say('log', 'level', 'billing.deliver', 'debug', '--reason', 'a ticket');
    const [bill] = await month.database.query<{ id: bigint }>('SELECT id FROM billing.billing_p');
    const message = { version: 1, billId: String(bill?.id), billingDate: `${month.month.billing}-01`, publicInfoId: '1001' };
    await month.topic.append('key', '1001', 'value', JSON.stringify({ ...message, destination: 'mail.example', quietHours: null }));
    expect(await weir.logged('message settled', { pipeline: 'billing.deliver', outcome: 'skipped' })).toMatchObject({
      ...{ partition: expect.any(String) as string, position: expect.any(String) as string, reason: 'already completed' },
    });
  });
});

describe('tokens', () => {
  it('are made, listed and revoked at the database, audited, and good from then to then', async () => {
    const month = await anOperatedMonth();
    const made = await say(['tokens', 'create', '--name', 'lee', '--role', 'viewer', '--reason', 'new here', '--json'], month.environment);
    expect(made).toMatchObject({ exitCode: 0, errors: expect.stringContaining('the only time') as string });
    const { token } = JSON.parse(made.output) as { token: string };
    const weir = startWeir(month.environment, 'run', '--profile', 'producer');
    const environment = { WEIR_ADMIN_URL: await weir.adminUrl(), WEIR_TOKEN: token };
    await eventually('it is ready', async () => (await weir.ask('/readyz')).status === 200);
    expect(await say(['dead-letters', 'list', '--json'], environment)).toMatchObject({ exitCode: 0, output: '{\n  "groups": []\n}\n' });

    expect(await say(['tokens', 'create', '--name', 'lee', '--role', 'admin', '--reason', 'again'], month.environment)).toMatchObject({
      ...{ exitCode: 1, output: '', errors: 'there is or was a token lee: a name is given once\n' },
    });
    expect(await say(['tokens', 'revoke', '--name', 'lee', '--reason', 'left'], month.environment)).toMatchObject({ exitCode: 0 });
    expect(await say(['tokens', 'revoke', '--name', 'lee', '--reason', 'again'], month.environment)).toMatchObject({ exitCode: 2 });
    expect(await say(['dead-letters', 'list'], environment)).toEqual({
      ...{ exitCode: 77, output: '', errors: 'this token is not known, or was revoked\n' },
    });
    const listed = await say(['tokens', 'list'], month.environment);
    expect(listed.output).toMatch(/lee +viewer +\d{4}-\d\d-\d\d \d\d:\d\d:\d\d UTC +cli:.* UTC +cli:/);
    const audit = await month.database.query<{ actor: string }>(
      'SELECT actor, role, action, target, reason, input FROM weir.audit ORDER BY id',
    );
    expect(audit).toEqual([
      expect.objectContaining({
        action: 'tokens.create',
        role: 'database',
        target: 'lee',
        reason: 'new here',
        input: { name: 'lee', role: 'viewer' },
      }),
      expect.objectContaining({ action: 'tokens.revoke', role: 'database', target: 'lee', reason: 'left', input: { name: 'lee' } }),
    ]);
    expect(audit[0]?.actor).toMatch(/^cli:.+@.+/);
    for (const text of [listed.output, JSON.stringify(audit), weir.errors()]) expect(text).not.toContain(token.slice(-43));
  });
});
