import { createOutbox } from '../../src/runtime/outbox/outbox.ts';
import { succeededTopic } from './succeededPayment.ts';

/** What transactions of payments publish. */
export const paymentsOutbox = createOutbox({ schema: 'payments', profile: 'payments', topics: [succeededTopic] });
