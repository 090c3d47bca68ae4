import { describe, expect, it } from 'vitest';
import { insertRun } from '../../../src/runtime/jobs/openRun.ts';
import { startWeir } from '../../support/weirProcess.ts';
import { aMonth } from './aMonth.ts';

const errorLevel = 50;

describe('a run that fails for good in a daemon', () => {
  it('is told once as an error with its reason and the command that goes on with it', async () => {
    const month = await aMonth();
    const [job, key] = ['billing.dispatch', '2099-01-15'];
    await insertRun(month.database, { job, key, planVersion: 1 });
    const weir = startWeir(month.environment, 'run', '--profile', 'producer');
    const line = await weir.logged(`the run failed: mend the cause, then weir run --job ${job} --key ${key}`);
    expect(line).toMatchObject({
      ...{ level: errorLevel, job, key, state: 'failed', code: 'invalidKey' },
      error: '2099-01-15 has not come in Seoul: its bills are not due.',
    });
    expect(await weir.stop()).toEqual({ code: 0, signal: null });
    expect(weir.log().filter(({ level }) => level >= errorLevel)).toHaveLength(1);
    expect(weir.log().map(({ msg }) => msg)).not.toContain('run left');
  });
});
