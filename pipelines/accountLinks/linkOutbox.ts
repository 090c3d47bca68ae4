import { createOutbox } from '../../src/runtime/outbox/outbox.ts';
import { linkTopic } from './linkTopic.ts';

/** What transactions of account links publish: requests that are tried again. */
export const linkOutbox = createOutbox({ schema: 'account_links', profile: 'streams', topics: [linkTopic] });
