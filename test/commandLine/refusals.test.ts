import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { rightEnvironment, say, secretKey } from './aPlace.ts';

const folder = mkdtempSync(join(tmpdir(), 'weir-refusals-'));
afterAll(() => rmSync(folder, { recursive: true }));

describe('wrong options', () => {
  it('are told all at once, each with what was expected and where it was given, wherever that was', async () => {
    const file = join(folder, 'weir.yaml');
    writeFileSync(file, 'billing: { deliver: { window: none, rate: { perSecond: -1 } } }\nruntime: { stopGrace: 5 }\n');
    const environment = { ...rightEnvironment, WEIR_ADMIN_PORT: '70000', WEIR_SMTP_REQUIRE_TLS: 'perhaps', WEIR_CONFIG: file };
    const { exitCode, output, errors } = await say(['run', '--set', 'jobs.leaseMs=soon', '--set', 'log.levle=debug'], environment);
    expect(exitCode).toBe(78);
    expect(output).toBe('');
    expect(errors.split('\n')).toEqual([
      '7 options are wrong:',
      `  runtime.stopGrace is not an option; did you mean runtime.stopGraceMs? (${file})`,
      '  log.levle is not an option; did you mean log.level? (--set)',
      '  admin.port Too big: expected number to be <=65535 (WEIR_ADMIN_PORT)',
      '  smtp.requireTls Invalid input: expected boolean, received string (WEIR_SMTP_REQUIRE_TLS)',
      '  jobs.leaseMs Invalid input: expected number, received string (in ms) (--set)',
      `  billing.deliver.rate.perSecond Too small: expected number to be >0 (in messages/s) (${file})`,
      `  billing.deliver.window Invalid input: expected number, received string (in messages) (${file})`,
      '',
    ]);
  });

  it.each([
    [
      'billing.deliver.maxSpan=10',
      'billing.deliver.window=500',
      'billing.deliver.maxSpan expected at least the window (500), got 10 (--set)',
    ],
    [
      'billing.deliver.window=50000',
      'log.level=info',
      'billing.deliver.maxSpan expected at least the window (50000), got 20000 (set WEIR_BILLING_DELIVER_MAX_SPAN or a file)',
    ],
    [
      'runtime.standingLimitMs=30000',
      'billing.deliver.send.timeLimitMs=30000',
      'runtime.standingLimitMs expected more than billing.deliver.send.timeLimitMs (30000 ms), got 30000 (--set)',
    ],
    ['kafka.user=joe', 'log.level=info', 'kafka.password expected a password, since kafka.user is set (set WEIR_KAFKA_PASSWORD or a file)'],
    ['kafka.password=s3cret', 'kafka.user=', 'kafka.user expected a user, since kafka.password is set (--set)'],
    ['runtime.standingLimitMs=5', 'log.level=info', 'runtime.standingLimitMs Too small: expected number to be >=1000 (in ms) (--set)'],
  ])('that contradict another (%s, %s) are told with what was expected', async (one, other, sentence) => {
    const { exitCode, errors } = await say(['run', '--set', one, '--set', other]);
    expect({ exitCode, errors }).toEqual({ exitCode: 78, errors: `An option is wrong:\n  ${sentence}\n` });
  });

  it('that are missing are named with what they are for and how to set them', async () => {
    const { exitCode, errors } = await say(['run'], {});
    expect(exitCode).toBe(78);
    const missing = errors.split('\n').filter((line) => line.includes('is missing'));
    expect(missing.map((line) => line.trim().split(' ')[0])).toEqual(['database.url', 'redis.url', 'smtp.url', 'keys.ring']);
    expect(errors).toContain(
      'database.url is missing: PostgreSQL 18, where bills, jobs and ledgers live. (set WEIR_DATABASE_URL or a file)',
    );
    expect(errors).toContain('keys.ring is missing: Keys of personal data: id:base64 of 32 bytes');
  });

  it.each([
    ['a key that is too short', `current:${secretKey.slice(0, 20)}`, 'has a key "current" of 15 bytes, expected 32'],
    ['a key that is not base64', `current:${secretKey.slice(0, 20)}!!`, 'has a key "current" that is not base64'],
    ['a key without its id', secretKey, 'has no id in entry 1: expected id:key'],
    ['nothing', '', 'is empty: expected id:key, with a key of 32 bytes as base64. (WEIR_KEYS_RING)'],
    ['the same id twice', `current:${secretKey},current:${secretKey}`, 'has the id "current" twice'],
  ])('of the key ring (%s) are told before anything is opened, without the key', async (_what, ring, sentence) => {
    const { exitCode, output, errors } = await say(['run'], { ...rightEnvironment, WEIR_KEYS_RING: ring, WEIR_ADMIN_PORT: 'x' });
    expect(exitCode).toBe(78);
    expect(errors).toContain(`keys.ring The key ring ${sentence}`);
    expect(errors).toContain('admin.port');
    expect(output + errors).not.toContain(secretKey.slice(0, 20));
  });

  it.each([
    ['WEIR_DATABASE_URL', 'mysql://weir:s3cret@here', 'database.url expected postgres://user:password@host:port/name'],
    ['WEIR_DATABASE_URL', 'postgres://weir:s3cret@here:port/weir', 'database.url expected postgres://user:password@host:port/name'],
    ['WEIR_DATABASE_URL', 'postgres://weir:s3cret%zz@here/weir', 'database.url expected postgres://user:password@host:port/name'],
    ['WEIR_REDIS_URL', 's3cret', 'redis.url expected redis://user:password@host:port/number'],
    ['WEIR_SMTP_URL', 'smtp://weir:s3cret@here:port', 'smtp.url expected smtp://user:password@host:port'],
  ])('of an address (%s=%s) are told before it is tried, without the secret in it', async (variable, address, sentence) => {
    const { exitCode, errors } = await say(['run'], { ...rightEnvironment, [variable]: address });
    expect(exitCode).toBe(78);
    expect(errors).toContain(`${sentence} (${variable})`);
    expect(errors).not.toContain('s3cret');
  });

  it('of a variable that nobody knows are told with the one that was meant', async () => {
    const { exitCode, errors } = await say(['config', 'check'], { ...rightEnvironment, WEIR_DATABSE_MAX_CONNECTIONS: '5' });
    expect(exitCode).toBe(78);
    expect(errors).toContain('WEIR_DATABSE_MAX_CONNECTIONS is not the variable of an option; did you mean WEIR_DATABASE_MAX_CONNECTIONS?');
  });

  it('of a file that is not there, or not YAML, are told with its name', async () => {
    const broken = join(folder, 'broken.yaml');
    writeFileSync(broken, 'admin: [1\n');
    const { exitCode, errors } = await say(['config', 'check', '--config', broken, '--config', join(folder, 'absent.yaml')]);
    expect(exitCode).toBe(78);
    expect(errors).toContain(`${broken} cannot be read as YAML`);
    expect(errors).toContain(`${join(folder, 'absent.yaml')} cannot be read as YAML: ENOENT`);
  });

  it('of a profile are told with the profiles that there are', async () => {
    const { exitCode, errors } = await say(['run', '--profile', 'consumer,comsumer']);
    expect(exitCode).toBe(78);
    const profiles = 'consumer, payments, remittance, deposits, streams, billing-batch, producer, accounting';
    expect(errors).toContain(`there is no profile comsumer; there are ${profiles}`);
  });
});

describe('a command line that means nothing', () => {
  it.each([
    [['run', '--job', 'billing.setle', '--key', '2026-11'], 'there is no job billing.setle; there are billing.settle, billing.dispatch'],
    [['run', '--job', 'billing.settle'], 'a run of billing.settle needs its key: --key KEY'],
    [['run', '--job', 'billing.settle', '--key', '2026-13'], '2026-13'],
    [['run', '--job', 'billing.settle', '--key', 'November'], 'YYYY-MM'],
    [['run', '--job', 'billing.dispatch', '--key', '2026-02-30'], 'Expected a date as YYYY-MM-DD, got "2026-02-30".'],
    [['run', '--job', 'billing.redispatch', '--key', '2026-11-15'], 'Expected a minute as YYYY-MM-DDTHH:MM, got "2026-11-15".'],
    [['run', '--job', 'billing.settle', '--key', '2026-11', '--dry-run', '--skipped'], 'exclude each other'],
    [['run', '--job', 'billing.dispatch', '--key', '2026-11-15', '--dry-run'], 'billing.dispatch has no dry run'],
    [['job', 'show', 'billing.settle'], 'a run has a number, got "billing.settle": weir job list shows them'],
    [['run', '--profil', 'consumer'], '--profile'],
    [['pipeline'], 'pipelines'],
    [['run', '--set'], '--set'],
  ])('%j is refused with 2 and a sentence, before anything is opened', async (words, sentence) => {
    const { exitCode, output, errors } = await say(words);
    expect(errors).toContain(sentence);
    expect(exitCode).toBe(2);
    expect(output).toBe('');
  });

  it('is helped when it asks', async () => {
    const { exitCode, output, errors } = await say(['run', '--help']);
    expect({ exitCode, errors }).toEqual({ exitCode: 0, errors: '' });
    expect(output).toContain('--dry-run');
  });
});
