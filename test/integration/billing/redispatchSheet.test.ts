import { describe, expect, it } from 'vitest';
import { seoulMinute } from '../../../pipelines/shared/seoulTime.ts';
import { say } from '../../commandLine/aPlace.ts';
import { aMonth } from '../daemon/aMonth.ts';

describe('weir run --job billing.redispatch', () => {
  it('ends with the time at which it looked, and with how many bills it has parked and how many there are', async () => {
    const month = await aMonth();
    await month.load([{}, {}, {}]);
    await month.dispatch();
    await month.database.execute(`
      UPDATE billing.billing_p SET send_status = 'SENDING', send_token = public_info_id, lease_owner = 'dead',
        lease_until = clock_timestamp() - interval '1 second' WHERE public_info_id <> 1003`);
    await month.database.execute(`
      INSERT INTO billing.send_attempt (id, billing_id, billing_date, number, channel, is_forced, instance, started_at)
      SELECT send_token, id, billing_date, 1, 'EMAIL', false, 'dead', pending_since FROM billing.billing_p WHERE send_token IS NOT NULL`);
    await month.database.execute(`
      UPDATE billing.billing_p SET park_reason = 'lost after the final dot', lease_owner = NULL, lease_until = NULL WHERE public_info_id = 1002`);
    const key = seoulMinute(new Date());
    const environment = { ...month.environment, WEIR_LOG_LEVEL: 'error' };

    const dry = await say(['run', '--job', 'billing.redispatch', '--key', key, '--dry-run', '--json'], environment);
    const time = expect.stringMatching(new RegExp(`^${key.replace('T', ' ')} Seoul \\((now|1 min ago)\\)$`)) as string;
    expect(JSON.parse(dry.output)).toMatchObject({ rows: 1, summary: { asOf: time, due: 0, lost: 0, toPark: 1 } });

    const { exitCode, output, errors } = await say(['run', '--job', 'billing.redispatch', '--key', key], environment);
    expect(exitCode, errors).toBe(0);
    expect(output).toMatch(/^asOf +\d{4}-\d\d-\d\d \d\d:\d\d Seoul \((now|1 min ago)\)$/m);
    expect(output).toMatch(/^parkedByThisRun +1$/m);
    expect(output).toMatch(/^parkedInAll +2$/m);
  });
});
