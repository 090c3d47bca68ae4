import { beforeAll, describe, it } from 'vitest';
import { variableOf } from '../../../config/option.ts';
import { createToken } from '../../../src/console/apiTokens.ts';
import { say } from '../../commandLine/aPlace.ts';
import { aMonth, type AMonth } from '../daemon/aMonth.ts';
import { eventually } from '../daemon/eventually.ts';
import { aWatchedWeir, type WatchedWeir } from './aWatchedWeir.ts';
import { areWatched, onCall, type OnCall } from './onCall.ts';

const dayMs = 86_400_000;

describe.skipIf(!areWatched)('whoever is on call for schedules that a person has paused', () => {
  let duty: OnCall;
  let month: AMonth;
  let weir: WatchedWeir;
  let token: string;
  const does = async (...words: readonly string[]): Promise<void> => {
    const { exitCode, errors } = await say([...words, '--reason', 'a deploy'], {
      WEIR_ADMIN_URL: `http://${weir.target}`,
      WEIR_TOKEN: token,
    });
    if (exitCode !== 0) throw new Error(errors);
  };

  beforeAll(async () => {
    month = await aMonth();
    // What is off skips its fires for that reason, and not for a pause.
    weir = await aWatchedWeir({ ...month.environment, [variableOf('schedules.billing.settle.enabled')]: 'true' });
    token = await createToken(month.database, { name: 'kim', role: 'operator', at: new Date(), by: 'test' });
    duty = await onCall({ weir: [weir.target] });
  });

  it('reads by day of a month whose settlement was swallowed, also once it goes on, until that month is run', async () => {
    await duty.sees({
      alert: 'WeirSchedulePaused',
      labels: { schedule: 'billing.settle' },
      cause: async () => {
        await does('schedule', 'pause', 'billing.settle');
        // The pause began before the last of the month's first midnights, at which nobody looks here.
        const longAgo = new Date(Date.now() - 32 * dayMs);
        await month.database.execute({ text: 'UPDATE weir.schedule_pause SET paused_at = $1', values: [longAgo] });
        const unseen = `UPDATE weir.schedule SET first_seen_at = $1, handled_until = $1 WHERE name = 'billing.settle'`;
        await month.database.execute({ text: unseen, values: [longAgo] });
        await eventually('the fire is skipped', async () => {
          const skipped = await month.database.query(
            `SELECT FROM weir.schedule_fire WHERE schedule = 'billing.settle' AND state = 'SKIPPED'`,
          );
          return skipped.length > 0;
        });
        await does('schedule', 'resume', 'billing.settle');
      },
      heal: async () => {
        const fires = await month.database.query<{ key: string }>(`
          SELECT DISTINCT to_char(fire_at AT TIME ZONE 'Asia/Seoul', 'YYYY-MM') AS key FROM weir.schedule_fire
          WHERE schedule = 'billing.settle' AND state = 'SKIPPED'`);
        for (const { key } of fires) await does('job', 'run', 'billing.settle', '--key', key);
      },
    });
  });

  it('reads by day of a sweep that has been paused for over a day, until it is resumed', async () => {
    await duty.sees({
      alert: 'WeirSchedulePaused',
      labels: { schedule: 'billing.redispatch' },
      cause: async () => {
        await does('schedule', 'pause', 'billing.redispatch');
        await month.database.execute({
          text: 'UPDATE weir.schedule_pause SET paused_at = $1',
          values: [new Date(Date.now() - 1.1 * dayMs)],
        });
      },
      heal: () => does('schedule', 'resume', 'billing.redispatch'),
    });
  });
});
