import { linkTopic } from '../../pipelines/accountLinks/linkTopic.ts';
import { linkGroup } from '../../pipelines/accountLinks/register.pipeline.ts';
import type { BenchStream } from '../redisStream/benchStream.ts';

const partners = ['ALPHA', 'BRAVO', 'CHARLIE'] as const;

/** The stream of `accountLinks.register`, with requests as other programs write them, each for another account. */
export const linkStream: BenchStream = {
  name: linkTopic.name,
  group: linkGroup,
  valueOf: (number) =>
    JSON.stringify({
      requestId: `req-${number}`,
      accountId: `acc-${number}`,
      partner: partners[number % partners.length],
      accountNumber: `110-234-${String(number).padStart(6, '0')}`,
    }),
};
