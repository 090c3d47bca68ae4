import type { catalogue, MetricName } from '../../src/metrics/catalogue.ts';
import type { foreignSeries } from './foreignSeries.ts';

type Histogram = { [N in MetricName]: (typeof catalogue)[N]['type'] extends 'histogram' ? N : never }[MetricName];

/** A series that there is: of a metric of the catalogue, or of somebody else's that is listed. Any other name is a mistake that tsc finds. */
export type SeriesName = Exclude<MetricName, Histogram> | `${Histogram}_${'bucket' | 'sum' | 'count'}` | keyof typeof foreignSeries;
