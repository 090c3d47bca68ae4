import { describe, expect, it } from 'vitest';
import { rightEnvironment, say } from './aPlace.ts';

const secrets = Object.values(rightEnvironment);

interface PrintedOption {
  readonly path: string;
  readonly value: string;
  readonly unit?: string;
  readonly origin: string;
}

describe('weir config print', () => {
  it('shows every option with its value, unit and origin, secrets masked', async () => {
    const { exitCode, output } = await say(['config', 'print', '--set', 'profiles=producer,consumer', '--set', 'jobs.leaseMs=9000']);
    expect(exitCode).toBe(0);
    const lines = output.split('\n').map((line) => line.replaceAll(/\s{2,}/g, ' | ').trim());
    expect(lines[0]).toBe('option | value | unit | from');
    expect(lines).toContain('database.url | •••••• | WEIR_DATABASE_URL');
    expect(lines).toContain('keys.ring | •••••• | WEIR_KEYS_RING');
    expect(lines).toContain('profiles | producer, consumer | --set');
    expect(lines).toContain('jobs.leaseMs | 9000 | ms | --set');
    expect(lines).toContain('billing.deliver.send.concurrency | 40 | messages | default');
    for (const secret of secrets) expect(output).not.toContain(secret);
    expect(output).not.toContain('s3cret');
  });

  it('prints the same for programs', async () => {
    const { output } = await say(['config', 'print', '--json']);
    const options = JSON.parse(output) as readonly PrintedOption[];
    expect(options.find(({ path }) => path === 'smtp.url')).toEqual({ path: 'smtp.url', value: '••••••', origin: 'WEIR_SMTP_URL' });
    expect(options.find(({ path }) => path === 'runtime.stopGraceMs')).toEqual({
      ...{ path: 'runtime.stopGraceMs', value: '30000', unit: 'ms', origin: 'default' },
    });
    expect(output).not.toContain('s3cret');
  });
});

describe('weir config check', () => {
  it('says that all options are right, without connecting', async () => {
    expect(await say(['config', 'check', '--json'])).toEqual({
      exitCode: 0,
      output: `${JSON.stringify([{ what: 'options', isRight: true, said: 'right' }], null, 2)}\n`,
      errors: '',
    });
  });
});

describe('weir pipelines', () => {
  it('lists pipelines and jobs with their stages from top to bottom', async () => {
    const { exitCode, output } = await say(['pipelines']);
    expect(exitCode).toBe(0);
    const lines = output.split('\n').map((line) => line.replaceAll(/\s{2,}/g, ' | ').trim());
    expect(lines).toContain('billing.deliver | pipeline | consumer | decode → decideDelivery → send → record');
    expect(lines).toContain('billing.settle | job | billing-batch | reckonBill → write');
  });

  it('lists the same for programs, and needs no options', async () => {
    const { output } = await say(['pipelines', '--json'], {});
    expect(JSON.parse(output)).toContainEqual({
      ...{ name: 'billing.dispatch', kind: 'job', profile: 'producer', stages: ['mark', 'publish'] },
    });
  });
});
