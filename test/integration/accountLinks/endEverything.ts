import { seoulMinute } from '../../../pipelines/shared/seoulTime.ts';
import { weirHere } from '../crash/weirHere.ts';
import { eventually } from '../daemon/eventually.ts';
import type { LinkWorld } from './aLinkWorld.ts';

let aheadMs = 3_600_000;

/**
 * Waits until every link has its end and the group has settled everything, while daemons run. What is deferred is published again as the job
 * does, which runs as of a time at which it is due.
 */
export async function endEverything({
  database,
  environment,
  unsettled,
}: Pick<LinkWorld, 'database' | 'environment' | 'unsettled'>): Promise<void> {
  await eventually('every link has its end', async () => {
    if ((await unsettled()) > 0) return false;
    const [row] = await database.query<{ readonly open: number; readonly held: number }>(`
      SELECT count(*)::int AS open, (count(*) FILTER (WHERE lease_until > clock_timestamp()))::int AS held
      FROM account_links.account_link WHERE status IN ('REQUESTED', 'REGISTERING')`);
    if (row?.open === 0) return (await unsettled()) === 0;
    if (row?.held !== 0) return false;
    aheadMs += 60_000;
    await weirHere(environment, 'run', '--job', 'accountLinks.retryFailed', '--key', seoulMinute(new Date(Date.now() + aheadMs)));
    return false;
  });
}
