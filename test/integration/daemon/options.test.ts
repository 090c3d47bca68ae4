import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { dayOf } from '../../../pipelines/shared/period.ts';
import { runWeir } from '../../support/weirProcess.ts';
import { aMonth } from './aMonth.ts';

const folder = mkdtempSync(join(tmpdir(), 'weir-options-'));
afterAll(() => rmSync(folder, { recursive: true }));

describe('a process with wrong options', () => {
  it('ends with 78 and names each of them at once, wherever it was given, without repeating a secret', async () => {
    const file = join(folder, 'weir.yaml');
    writeFileSync(file, 'runtime: { stopGraceMs: 0, stopGrase: 5 }\n');
    const ring = `test:${Buffer.alloc(31, 9).toString('base64')}`;
    const environment = { WEIR_SMTP_URL: 'http://s3cret@here', WEIR_KEYS_RING: ring, WEIR_LOG_LEVLE: 'debug', WEIR_CONFIG: file };
    const { code, output, errors } = await runWeir(environment, 'run', '--set', 'jobs.pollMs=often');
    expect({ code, output }).toEqual({ code: 78, output: '' });
    const named = errors
      .split('\n')
      .slice(1)
      .map((line) => line.trim().split(' ')[0]);
    expect(named.sort()).toEqual(
      [
        'WEIR_LOG_LEVLE',
        'database.url',
        'jobs.pollMs',
        'keys.ring',
        'redis.url',
        'runtime.stopGraceMs',
        'runtime.stopGrase',
        'smtp.url',
      ].sort(),
    );
    expect(errors).toContain('did you mean WEIR_LOG_LEVEL?');
    expect(errors).toContain('has a key "test" of 31 bytes, expected 32');
    expect(errors).toContain('smtp.url expected smtp://user:password@host:port (WEIR_SMTP_URL)');
    for (const secret of ['s3cret', ring, ring.slice(5)]) expect(errors).not.toContain(secret);
  });
});

describe('the run of a job', () => {
  it('is refused when it has completed, with 3, and when its day has not come, with its reason, before it is opened', async () => {
    const month = await aMonth();
    await month.load([{}]);
    await month.dispatch();
    const again = await runWeir(month.environment, 'run', '--job', 'billing.settle', '--key', month.month.billing);
    expect(again.code).toBe(3);
    expect(again.errors).toContain(`billing.settle:${month.month.billing} has completed (run 1); a key completes once`);

    const future = dayOf('2099-01', 15);
    const early = await runWeir(month.environment, 'run', '--job', 'billing.dispatch', '--key', future);
    expect(early.code).toBe(3);
    expect(early.errors).toContain(`${future} has not come in Seoul: its bills are not due.`);
    expect(await month.bills()).toEqual({ SEND_PENDING: 1 });

    const wrong = await runWeir(month.environment, 'run', '--job', 'billing.settle', '--key', '2026-1');
    expect(wrong.code).toBe(2);
    expect(wrong.errors).toContain('2026-1');
    const runs = JSON.parse((await runWeir(month.environment, 'job', 'list', '--json')).output) as readonly {
      key: string;
      status: string;
    }[];
    expect(runs.map(({ key, status }) => [key, status])).toEqual([
      [dayOf(month.month.billing, 15), 'COMPLETED'],
      [month.month.billing, 'COMPLETED'],
    ]);
  });
});
