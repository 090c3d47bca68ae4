import { parsePeriod } from '../../pipelines/shared/period.ts';

/** The month whose usage is billed, and the month that the bills bear: also the key of the run. Long past, so that it is closed. */
export const usageMonth = parsePeriod('2024-03');
export const billingMonth = parsePeriod('2024-04');

/** First days of both, as the database wants them. */
export const usageFirst = '2024-03-01';
