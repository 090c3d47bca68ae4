import { linkTopic } from '../../pipelines/accountLinks/linkTopic.ts';
import { linkGroup } from '../../pipelines/accountLinks/register.pipeline.ts';
import { table } from '../../src/commandLine/table.ts';
import type { Queryable } from '../../src/connectors/database.ts';
import type { Bank } from '../../simulators/bank.ts';
import type { Check } from './closing.ts';
import { linkCount, type LinksAsked } from './partners.ts';
import { connected } from './redisClient.ts';
import { say } from './tell.ts';

/** What the links are compared with. */
export interface PartnerRecords {
  readonly database: Queryable;
  readonly redisUrl: string;
  readonly bank: Bank;
  readonly asked: LinksAsked;
}

interface LinkRow {
  readonly partner: string;
  readonly status: string;
  readonly why: string;
  readonly links: number;
}

/** Shows what became of the links, by partner; answers what must hold. */
export async function closePartners({ database, redisUrl, bank, asked }: PartnerRecords): Promise<readonly Check[]> {
  const rows = await database.query<LinkRow>(byPartner);
  say('Account links, by state');
  console.log(
    table(
      ['partner', 'state', 'why', 'links'],
      rows.map(({ partner, status, why, links }) => [partner, status, why, links]),
    ),
  );
  const linksIn = (status: string): number => rows.filter((row) => row.status === status).reduce((sum, { links }) => sum + links, 0);
  const registered = bank.record().registrations.filter(({ status }) => status === 'REGISTERED');
  const redis = await connected(redisUrl);
  const [pending] = (await redis.xpending(linkTopic.name, linkGroup)) as [number];
  const letters = await redis.xlen(linkTopic.deadLetters);
  redis.disconnect();
  return [
    {
      what: 'links, one for each account and partner, active or refused by the bank',
      found: `${linksIn('ACTIVE')} + ${linksIn('FAILED')} = ${linkCount}, of ${asked.entries} entries`,
      holds: linksIn('ACTIVE') === linkCount - asked.refused && linksIn('FAILED') === asked.refused,
    },
    {
      what: 'active links = accounts that the bank has registered, each once',
      found: `${linksIn('ACTIVE')} = ${registered.length}`,
      holds:
        linksIn('ACTIVE') === registered.length &&
        new Set(registered.map(({ account, partner }) => `${account} ${partner}`)).size === registered.length,
    },
    {
      what: 'link requests put aside, by the bank or since they cannot be',
      found: `${letters} = ${asked.dead}`,
      holds: letters === asked.dead,
    },
    { what: 'entries of account-links that are read and not acknowledged', found: String(pending), holds: pending === 0 },
  ];
}

const byPartner = `
  SELECT partner, status, coalesce(fail_code, '') AS why, count(*)::int AS links
  FROM account_links.account_link GROUP BY 1, 2, 3 ORDER BY 1, 2`;
