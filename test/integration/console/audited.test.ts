import { describe, expect, it } from 'vitest';
import { openDatabase, type PostgresDatabase } from '../../../src/connectors/postgres/openDatabase.ts';
import { realClock } from '../../../src/runtime/clock.ts';
import { say } from '../../commandLine/aPlace.ts';
import { atTheEnd } from '../../support/atTheEnd.ts';
import { aDatabase } from '../../support/services.ts';
import { aMonth } from '../daemon/aMonth.ts';

interface Row {
  readonly action: string;
  readonly target: string;
  readonly reason: string;
  readonly result: unknown;
}

async function auditOf(database: PostgresDatabase): Promise<readonly Row[]> {
  const rows = await database.query<Row & { readonly actor: string; readonly role: string }>(
    'SELECT actor, role, action, target, reason, result FROM weir.audit ORDER BY id',
  );
  return rows.map(({ actor, role, ...row }) => {
    expect({ actor, role }).toEqual({ actor: expect.stringMatching(/^cli:.+@.+/) as string, role: 'database' });
    return row;
  });
}

describe('the audit of a job in the foreground', () => {
  it('has who ran it and why, also of one that comes to nothing, and nothing of a dry run', async () => {
    const town = await aMonth();
    const { environment, database, month } = town;
    await town.load([{}]);
    const run = (...words: readonly string[]) => say(['run', '--job', 'billing.settle', '--key', month.billing, ...words], environment);
    await run('--dry-run', '--reason', 'to see');
    expect(await auditOf(database)).toEqual([]);
    expect(await run('--reason', 'the month of the outage')).toMatchObject({ exitCode: 0 });
    expect(await run('--skipped', '--reason', 'usage mended')).toMatchObject({ exitCode: 0 });
    expect(await run()).toMatchObject({ exitCode: 3 });
    const begun = { target: `billing.settle:${month.billing}`, result: { state: 'begun' } };
    expect(await auditOf(database)).toEqual([
      { ...begun, action: 'run.job', reason: 'the month of the outage' },
      { ...begun, action: 'run.skipped', reason: 'usage mended' },
      { ...begun, action: 'run.job', reason: 'none given' },
    ]);
  });
});

describe('the audit of a migration', () => {
  it('has what it set out to apply, from the migration on that makes the audit, and nothing where there is nothing to apply', async () => {
    const month = await aMonth();
    const url = await aDatabase();
    const database = openDatabase({ url, clock: realClock });
    atTheEnd(() => database.close());
    const migrate = (...words: readonly string[]) => say(['migrate', ...words], { ...month.environment, WEIR_DATABASE_URL: url });
    expect(await migrate('--reason', 'first start')).toMatchObject({ exitCode: 0 });
    expect(await migrate()).toMatchObject({ exitCode: 0 });
    await database.execute(`ALTER TABLE weir.schedule DROP COLUMN wanted`);
    await database.execute(`DELETE FROM weir.migrations WHERE name = '0111_schedule_wanted'`);
    expect(await migrate()).toMatchObject({ exitCode: 0 });
    const row = { action: 'migrate', target: 'schema' };
    expect(await auditOf(database)).toEqual([
      { ...row, reason: 'first start', result: { state: 'done' } },
      { ...row, reason: 'none given', result: { state: 'begun' } },
    ]);
    expect(await database.query(`SELECT input FROM weir.audit ORDER BY id OFFSET 1`)).toEqual([
      { input: { migrations: ['0111_schedule_wanted'] } },
    ]);
  });
});

describe('what changes keys and tokens', () => {
  it.each([
    ['tokens', 'create', '--name', 'kim', '--role', 'viewer'],
    ['tokens', 'revoke', '--name', 'kim'],
    ['keys', 'rotate'],
  ])('%s %s is refused without a reason, before anything is opened', async (...words) => {
    expect(await say(words)).toMatchObject({ exitCode: 2, errors: expect.stringContaining("'--reason <text>' not specified") as string });
    const blank = await say([...words, '--reason', ' ']);
    expect(blank).toMatchObject({ exitCode: 2, errors: expect.stringContaining('expected why it is done') as string });
  });
});
