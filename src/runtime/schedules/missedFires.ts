import type { Queryable } from '../../connectors/database.ts';

/** How many fires of each schedule were found too late to run, of those that are still known. */
export async function missedFires(database: Queryable): Promise<ReadonlyMap<string, number>> {
  const rows = await database.query<{ schedule: string; missed: number }>({
    name: 'weir-schedule-missed',
    text: `SELECT schedule, count(*)::integer AS missed FROM weir.schedule_fire WHERE state = 'MISSED' GROUP BY schedule`,
  });
  return new Map(rows.map(({ schedule, missed }) => [schedule, missed]));
}
