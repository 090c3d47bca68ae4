import { linkTopic } from '../../pipelines/accountLinks/linkTopic.ts';
import type { Bank } from '../../simulators/bank.ts';
import { connected } from './redisClient.ts';

/** How many links of accounts to partners are asked for. */
export const linkCount = 240;

/** What was asked for, and what has to become of it. */
export interface LinksAsked {
  /** Links whose account the bank does not take. */
  readonly refused: number;
  /** Entries that no program can read, and requests that clash with the link that there is. */
  readonly dead: number;
  readonly entries: number;
}

const partners = ['ALPHA', 'BRAVO', 'CHARLIE'];

/** What programs may write by mistake: a partner that there is not, an account number that is none, and no JSON. */
const poison = [
  '{"requestId":"x-1","accountId":"acc-1","partner":"ZULU","accountNumber":"110-234-567890"}',
  '{"requestId":"x-2","accountId":"acc-1","partner":"ALPHA","accountNumber":"--"}',
  'link acc-1 to ALPHA',
];

/**
 * Programs ask for links of accounts to partners, every fifth three times, and the bank refuses every fortieth. Two ask for a link that
 * there is with another account; they come last, so that the link is there.
 */
export async function askLinks(redisUrl: string, bank: Bank): Promise<LinksAsked> {
  const entries: string[] = [];
  let refused = 0;
  for (let number = 1; number <= linkCount; number += 1) {
    const accountNumber = `110${String(number).padStart(9, '0')}`;
    const request = JSON.stringify({
      ...{ requestId: `req-${number}`, accountId: `acc-${Math.ceil(number / partners.length)}` },
      ...{ partner: partners[number % partners.length], accountNumber },
    });
    if (number % 40 === 0) {
      bank.refuseNumber(accountNumber, 'ACCOUNT_CLOSED');
      refused += 1;
    }
    entries.push(...Array.from({ length: number % 5 === 1 ? 3 : 1 }, () => request));
  }
  const clashing = [1, 2].map((number) =>
    JSON.stringify({ requestId: `clash-${number}`, accountId: 'acc-1', partner: partners[number], accountNumber: '999-999-999999' }),
  );
  const redis = await connected(redisUrl);
  const pipeline = redis.pipeline();
  for (const value of [...entries, ...poison, ...clashing]) pipeline.xadd(linkTopic.name, '*', 'key', '', 'value', value);
  await pipeline.exec();
  redis.disconnect();
  return { refused, dead: poison.length + clashing.length + refused, entries: entries.length + poison.length + clashing.length };
}
