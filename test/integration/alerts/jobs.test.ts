import { mkdir, readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { previousSeoulDay } from '../../../pipelines/shared/seoulTime.ts';
import { temporaryFolder } from '../../../stack/folders.ts';
import { anOutsideWorld, type OutsideWorld } from '../outsideWorld.ts';
import { aWatchedDaemon, type WatchedDaemon } from './aWatchedDaemon.ts';
import { firedAgo } from './firedAgo.ts';
import { areWatched } from './onCall.ts';
import { unseenSince } from './unseenSince.ts';

const dayMs = 86_400_000;

describe.skipIf(!areWatched)('whoever is on call for jobs', () => {
  const fire = firedAgo(60);
  const folder = join(temporaryFolder('reports'), 'reports');
  let world: OutsideWorld;
  let watched: WatchedDaemon;

  beforeAll(async () => {
    world = await anOutsideWorld();
    await mkdir(folder);
    const environment = {
      ...world.environment,
      WEIR_JOBS_MAX_FAILURES: '1',
      WEIR_PAYMENTS_DAILY_REPORT_FOLDER: folder,
      WEIR_SCHEDULES_PAYMENTS_DAILY_REPORT_ENABLED: 'true',
      WEIR_SCHEDULES_PAYMENTS_DAILY_REPORT_CRON: fire.daily,
      WEIR_SCHEDULES_ACCOUNTING_CUMULATIVE_REPORT_ENABLED: 'true',
    };
    watched = await aWatchedDaemon({ ...world, environment });
  });

  it('is woken by one that was due an hour ago and has failed, until it is run again', async () => {
    const key = previousSeoulDay(fire.at);
    await watched.sees({
      alert: 'WeirJobLate',
      labels: { schedule: 'payments.dailyReport' },
      cause: async () => {
        await rm(folder, { recursive: true });
        await unseenSince(world.database, 'payments.dailyReport', new Date(fire.at.getTime() - 1));
        await watched.weir.logged(`the run failed: mend the cause, then weir run --job payments.dailyReport --key ${key}`);
      },
      heal: async () => {
        await mkdir(folder);
        await watched.runs('payments.dailyReport', key);
      },
    });
    expect(await readdir(folder)).toEqual([`payments-${key}.csv`]);
  });

  it('is told by day, once, of a schedule that no process has seen for days, and is not woken by what is made up for', () =>
    watched.sees({
      alert: 'WeirScheduleMissed',
      labels: { schedule: 'accounting.cumulativeReport' },
      cause: () => unseenSince(world.database, 'accounting.cumulativeReport', new Date(Date.now() - 4 * dayMs)),
      heal: () => undefined,
    }));
});
