import { Redis } from 'ioredis';
import { beforeAll, describe, expect, it } from 'vitest';
import { emailTopic } from '../../../pipelines/billing/dispatchedBill.ts';
import { aDatabase, aRedis } from '../../support/services.ts';
import { runWeir } from '../../support/weirProcess.ts';
import { dayOf } from '../../../pipelines/shared/period.ts';
import { aMonth, type AMonth } from './aMonth.ts';

let month: AMonth;

/** The cells of a printed table, without its rule. */
function cells(output: string): readonly (readonly string[])[] {
  const lines = output.split('\n').filter((line) => line !== '' && !line.startsWith('─'));
  return lines.map((line) => line.trim().split(/\s{2,}/));
}

async function printed(...words: readonly string[]): Promise<string> {
  const { code, output, errors } = await runWeir(month.environment, ...words);
  expect({ code, errors }).toEqual({ code: 0, errors: '' });
  return output;
}

/** A Redis in which something else has the name of a topic. */
async function topicTaken(): Promise<Readonly<Record<string, string>>> {
  const url = await aRedis();
  const client = new Redis(url);
  await client.set(emailTopic.name, 'taken');
  client.disconnect();
  return { WEIR_REDIS_URL: url };
}

beforeAll(async () => {
  month = await aMonth();
  const isWrong = (publicInfoId: bigint, line: number): boolean => publicInfoId === 1_002n && line === 1;
  await month.load([{}, {}, {}], ({ publicInfoId }, line) => (isWrong(publicInfoId, line) ? { amountMinor: -5n } : {}));
  await month.dispatch();
});

describe('weir job list', () => {
  it('shows the latest runs, as a table and for programs', async () => {
    const [head, dispatch, settle] = cells(await printed('job', 'list'));
    expect(head).toEqual(['run', 'job', 'key', 'status', 'rows', 'of', 'skipped', 'begun', 'ended']);
    expect(dispatch?.slice(0, 7)).toEqual(['2', 'billing.dispatch', dayOf(month.month.billing, 15), 'COMPLETED', '2', '2', '0']);
    expect(settle?.slice(0, 7)).toEqual(['1', 'billing.settle', month.month.billing, 'COMPLETED', '3', '3', '1']);
    const runs = JSON.parse(await printed('job', 'list', '--json')) as unknown;
    expect(runs).toMatchObject([
      { id: '2', job: 'billing.dispatch', status: 'COMPLETED', rowsRead: '2', skipped: '0', partitions: 1, failure: null },
      { id: '1', job: 'billing.settle', status: 'COMPLETED', rowsRead: '3', skipped: '1', partitions: 4, completed: 4 },
    ]);
  });
});

describe('weir job show', () => {
  it('shows partitions and what was put aside, as tables and for programs', async () => {
    const rows = cells(await printed('job', 'show', '1'));
    expect(rows.filter(([name]) => name?.startsWith('members')).map(([name, state]) => [name, state])).toEqual([
      ...[1, 2, 3, 4].map((part) => [`members ${part} of 4`, 'completed']),
      [expect.stringMatching(/^members \d of 4$/), '1002'],
    ]);
    expect(rows.at(-1)?.slice(1)).toEqual([
      ...['1002', 'reckonBill', 'constraint'],
      'permanent: Member 1002 has a line of usage with a negative fee.',
    ]);
    const run = JSON.parse(await printed('job', 'show', '1', '--json')) as unknown;
    expect(run).toMatchObject({ id: '1', skips: [{ position: '1002', code: 'constraint', resolvedAt: null }] });
  });

  it('says that there is no such run, with 2', async () => {
    const { code, errors } = await runWeir(month.environment, 'job', 'show', '77');
    expect({ code, errors }).toEqual({ code: 2, errors: 'there is no run 77' });
  });
});

describe('weir job on a database without a schema', () => {
  it.each([
    ['list', []],
    ['show', ['1']],
  ])('(%s) says what to run, with 78', async (command, words) => {
    const environment = { ...month.environment, WEIR_DATABASE_URL: await aDatabase() };
    const { code, output, errors } = await runWeir(environment, 'job', command, ...words);
    expect({ code, output }).toEqual({ code: 78, output: '' });
    expect(errors).toMatch(/^the database lacks 0001_weir, .*: run weir migrate$/);
  });
});

describe('weir config check --connect', () => {
  it('says of everything that the options name whether it answers', async () => {
    expect(cells(await printed('config', 'check', '--connect'))).toEqual([
      ['what', 'state'],
      ...[
        ['options', 'right'],
        ['postgres', 'reachable'],
        ['redis', 'reachable'],
        ['smtp', 'reachable'],
        ['topics', 'as expected'],
        ['schema', 'current'],
        ['keys', 'all that are used are in the ring'],
      ],
    ]);
    const checks = JSON.parse(await printed('config', 'check', '--connect', '--json')) as readonly { isRight: boolean }[];
    expect(checks.map(({ isRight }) => isRight)).toEqual([true, true, true, true, true, true, true]);
  });

  it('ends with 1 when something does not, and still asks the others', async () => {
    const environment = {
      ...month.environment,
      WEIR_DATABASE_URL: 'postgres://weir:s3cret@127.0.0.1:1/weir',
      WEIR_SMTP_URL: 'smtp://127.0.0.1:1',
    };
    const { code, output, errors } = await runWeir(environment, 'config', 'check', '--connect');
    expect(code).toBe(1);
    expect(cells(output).slice(1)).toEqual([
      ...[
        ['options', 'right'],
        ['postgres', expect.stringMatching(/ECONNREFUSED.* see database\.url \(WEIR_DATABASE_URL\)/) as string],
        ['redis', 'reachable'],
        ['smtp', 'The mail server cannot be used: ECONNREFUSED.'],
        ['topics', 'as expected'],
      ],
      ['schema', expect.stringContaining('PostgreSQL cannot be reached') as string],
    ]);
    expect(output + errors).not.toContain('s3cret');
  });

  it.each([
    ['a schema', async () => ({ WEIR_DATABASE_URL: await aDatabase() }), /^schema +the database lacks 0001_weir, .*: run weir migrate$/m],
    ['a topic', topicTaken, /^topics +\S+ in Redis is a string, not a stream$/m],
  ])('ends with 78 for %s that does not fit, in the words of the daemon, as the daemon does', async (_what, wrong, sentence) => {
    const environment = { ...month.environment, ...(await wrong()) };
    const check = await runWeir(environment, 'config', 'check', '--connect');
    expect([check.code, check.output]).toEqual([78, expect.stringMatching(sentence)]);
    expect((await runWeir(environment, 'run')).code).toBe(78);
  });
});

describe('weir config print', () => {
  it('masks what leads to data, as a table and for programs', async () => {
    const both = (await printed('config', 'print')) + (await printed('config', 'print', '--json'));
    for (const name of ['WEIR_DATABASE_URL', 'WEIR_REDIS_URL', 'WEIR_SMTP_URL', 'WEIR_KEYS_RING']) {
      expect(both).toContain(name);
      expect(both).not.toContain(month.environment[name]);
    }
  });
});
