import { createOutbox } from '../../src/runtime/outbox/outbox.ts';
import { depositedTopic, dueCallTopic, endedCallTopic } from './remittanceTopics.ts';

/** What transactions of remittance publish. */
export const remittanceOutbox = createOutbox({
  schema: 'remittance',
  profile: 'remittance',
  topics: [dueCallTopic, endedCallTopic, depositedTopic],
});
