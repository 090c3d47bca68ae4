import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { describe, expect, it } from 'vitest';
import { prometheusBinaries } from '../../../stack/prometheusBinaries.ts';
import { orSkipped } from '../../support/orSkipped.ts';

const run = promisify(execFile);
const folder = join(import.meta.dirname, '..', '..', '..', 'config', 'prometheus');
const binaries = await orSkipped(prometheusBinaries);

describe.skipIf(binaries === undefined)('promtool', () => {
  const promtool = async (...args: readonly string[]): Promise<string> => {
    const { stdout } = await run(binaries?.promtool ?? '', args, { cwd: folder });
    return stdout;
  };

  it('accepts the configuration, with every rule', async () => {
    expect(await promtool('check', 'config', 'prometheus.yml')).toContain('is valid prometheus config file syntax');
  });

  it('sees each rule fire when it should, and rest when it should', { timeout: 120_000 }, async () => {
    expect(await promtool('test', 'rules', 'alerts.test.yml')).toContain('SUCCESS');
  });
});
