import { z } from 'zod';
import { defineAction } from '../../src/console/route.ts';
import type { RestoredStore } from './restoredStore.ts';

export interface RestoredPorts {
  readonly restored: RestoredStore;
}

export const restoredRoute = defineAction({
  name: 'billing.restored',
  about: 'after a restore of the database: park every bill that may have been sent since the moment it was restored to',
  role: 'admin',
  input: z.strictObject({
    until: z.iso
      .datetime({ offset: true, error: 'expected a time with its zone, as 2026-11-16T09:30:00+09:00' })
      .meta({ description: 'when the last process that worked on the lost database ended, as 2026-11-16T09:30:00+09:00' }),
    expected: z.int().min(1).meta({ description: 'how many there are; with another number nothing is done' }),
  }),
  target: ({ until, expected }) => `${expected} bills that may have been sent until ${until}`,
  act: async (transaction, { restored }: RestoredPorts, { until, expected }) => ({
    ...(await restored.parkDoubtful(transaction, { until: new Date(until), expected })),
  }),
});
