import { z } from 'zod';
import { defineAction } from '../../src/console/route.ts';
import { billingDateOf, monthField } from './monthField.ts';
import type { RetryStore } from './retryStore.ts';

export interface RetryPorts {
  readonly retries: RetryStore;
}

export const retryRoute = defineAction({
  name: 'billing.retry',
  about: 'send failed bills of a month again, all that failed with one code: after the cause was mended',
  role: 'operator',
  input: z.strictObject({
    month: monthField.meta({ description: 'billing month, YYYY-MM' }),
    code: z
      .string()
      .regex(/^[A-Za-z]{1,40}$/, 'expected a code, as billing find and the fail log tell it')
      .meta({ description: 'code with which they failed, such as refused, decryption or defect' }),
    expected: z.int().min(1).meta({ description: 'how many there are; with another number nothing is done' }),
  }),
  target: ({ month, code, expected }) => `${expected} bills of ${month} that failed with ${code}`,
  act: async (transaction, { retries }: RetryPorts, { month, code, expected }) => ({
    ...(await retries.retry(transaction, { billingDate: billingDateOf(month), failCode: code, expected })),
  }),
});
