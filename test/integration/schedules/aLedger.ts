import { defineSchedule, type Pattern, type Schedule } from '../../../src/runtime/schedules/schedule.ts';
import { fireSchedule, type FireRequest, type Look } from '../../../src/runtime/schedules/fireSchedule.ts';
import type { PostgresDatabase } from '../../../src/connectors/postgres/openDatabase.ts';
import { aMigratedDatabase } from '../../support/services.ts';
import { openPool } from '../jobs/copyJob.ts';

/** A schedule of midnights in Seoul, by default one that makes up for each that was missed. */
export function aSchedule(over: Partial<Schedule> = {}): Schedule {
  return defineSchedule({
    name: 'test.nightly',
    job: 'test.nightly',
    profile: 'test',
    cron: '0 0 * * *',
    misfire: 'runAll',
    maxAgeMs: Infinity,
    overlap: 'allow',
    keyOf: (fireAt) => new Date(fireAt.getTime() + 9 * 3_600_000).toISOString().slice(0, 16),
    ...over,
  });
}

/** What people set where they set nothing. */
export function patternOf({ cron, zone }: Schedule): Pattern {
  return { cron, zone, isEnabled: true };
}

/** An instant of Seoul's clocks: `2026-11-01T00:00`. */
export function seoul(text: string): Date {
  return new Date(`${text}:00+09:00`);
}

/** A ledger of its own, and what tests ask of it. */
export interface Ledger {
  readonly url: string;
  readonly database: PostgresDatabase;
  /** Looks at a schedule at an instant, as a process that has just started does. */
  look(schedule: Schedule, at: string, over?: Partial<FireRequest>): Promise<Look>;
  /** Key or fire time of each fire with its state, oldest first, and why it has no run. */
  fires(schedule?: string): Promise<readonly string[]>;
  /** Keys of the runs that there are, with their states. */
  runs(): Promise<readonly string[]>;
  /** Ends a run, or all that are open. */
  end(status: 'COMPLETED' | 'FAILED' | 'STOPPED', key?: string): Promise<void>;
}

export async function aLedger(): Promise<Ledger> {
  const url = await aMigratedDatabase();
  const database = openPool(url);
  return {
    url,
    database,
    look: (schedule, at, over = {}) =>
      fireSchedule(database, { schedule, planVersion: 1, now: seoul(at), wanted: patternOf(schedule), holder: 'process a', ...over }),
    fires: async (schedule = 'test.nightly') => {
      const rows = await database.query<{ fire: string }>({
        text: `
          SELECT to_char(f.fire_at AT TIME ZONE 'Asia/Seoul', 'MM-DD HH24:MI ') || f.state || coalesce(' ' || r.key, '') AS fire
          FROM weir.schedule_fire f LEFT JOIN weir.job_run r ON r.id = f.run_id WHERE f.schedule = $1 ORDER BY f.fire_at`,
        values: [schedule],
      });
      return rows.map(({ fire }) => fire);
    },
    runs: async () => {
      const rows = await database.query<{ run: string }>(`SELECT key || ' ' || status AS run FROM weir.job_run ORDER BY id`);
      return rows.map(({ run }) => run);
    },
    end: async (status, key) => {
      await database.execute({
        text: `
          UPDATE weir.job_run SET status = $1, finished_at = clock_timestamp(), planned_at = clock_timestamp(),
            failure_code = 'incomplete', failure = 'a test ended it'
          WHERE status IN ('PLANNING', 'OPEN') AND ($2::text IS NULL OR key = $2)`,
        values: [status, key ?? null],
      });
    },
  };
}
