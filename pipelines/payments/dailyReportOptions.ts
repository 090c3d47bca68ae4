import { z } from 'zod';
import { reportMailOptions } from '../shared/mailedReports/reportMailOptions.ts';

/** Options of `payments.dailyReport`. */
export const dailyReportOptions = z.object({
  folder: z.string().default('').meta({
    description: 'Folder of this machine in which each day gets its file payments-YYYY-MM-DD.csv, one line an order; empty: no file.',
  }),
  passLimitMs: z.int().min(1_000).default(1_800_000).meta({
    description: 'Longest pass over the orders of a day. Too short: a large day is never reported; too long: it holds a snapshot open.',
    unit: 'ms',
  }),
  ...reportMailOptions,
});
