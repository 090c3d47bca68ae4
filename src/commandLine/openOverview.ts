import { Overview, type OverviewParts } from '../console/overview/overview.ts';
import { askAllGauges } from '../runtime/gauges/askAllGauges.ts';
import type { House } from '../runtime/house.ts';
import type { System } from '../system.ts';

/** What of an overview neither the systems nor the house tell. */
type Told = Omit<OverviewParts, 'database' | 'clock' | 'instance' | 'pipelines' | 'jobs' | 'gauges'>;

/** How everything stands, as this process sees it. */
export function openOverview<P>({ pipelines, jobs, gauges }: System<P>, { database, clock, instance }: House, told: Told): Overview {
  return new Overview({
    ...{ database, clock, instance, pipelines, jobs, ...told },
    gauges: { questions: gauges, ask: askAllGauges(database, () => clock.now()) },
  });
}
