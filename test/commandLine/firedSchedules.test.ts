import { describe, expect, it } from 'vitest';
import { systems } from '../../pipelines/index.ts';
import { firedSchedules } from '../../src/commandLine/firedSchedules.ts';
import type { Schedule } from '../../src/runtime/schedules/schedule.ts';

const options = { ofSchedule: () => ({ cron: '0 1 * * *', enabled: false }) };

function fired(change: Partial<Schedule> = {}, isOurs: (schedule: Schedule) => boolean = () => true): ReturnType<typeof firedSchedules> {
  return firedSchedules(
    { jobs: systems.jobs, schedules: systems.schedules.map((schedule) => ({ ...schedule, ...change })) },
    options,
    isOurs,
  );
}

describe('firedSchedules', () => {
  it('takes patterns from the options, and only the schedules of this process', () => {
    const producers = fired({}, ({ profile }) => profile === 'producer');
    expect(producers.map(({ schedule }) => schedule.name)).toEqual(['billing.dispatch', 'billing.redispatch']);
    expect(producers[0]?.pattern).toEqual({ cron: '0 1 * * *', zone: 'Asia/Seoul', isEnabled: false });
  });

  it('refuses a schedule of a job that there is not, and one that comes after another that there is not', () => {
    expect(() => fired({ job: 'billing.setle' })).toThrow('there is no such job');
    expect(() => fired({ after: ['billing.setle'] })).toThrow('there is no such schedule');
  });
});
