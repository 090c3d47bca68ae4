// What operators ask and do about partner accounts. Nothing is registered by hand: an action has what failed tried again by the pipeline, or
// says what became of it at the bank, and its message commits with its audit row.
import { z } from 'zod';
import { defineAction, defineQuestion } from '../../src/console/route.ts';
import { WeirError } from '../../src/errors.ts';
import type { LinkDeskStore, LinkSelection } from './linkDeskStore.ts';
import { truths } from './operatedLink.ts';
import type { OperatedLinkStore } from './operatedLinkStore.ts';

export interface LinkDeskPorts {
  readonly linkDesk: LinkDeskStore;
  readonly operatedLinks: OperatedLinkStore;
}

const number = z
  .string()
  .regex(/^[1-9]\d{0,18}$/, { error: 'expected a number as weir account-links list prints it', abort: true })
  .refine((text) => BigInt(text) < 2n ** 63n, 'expected a number as weir account-links list prints it');
const oneLink = z.strictObject({ link: number.meta({ description: 'number of the link: weir account-links list shows it' }) });
const words = ['link'];

/** What the routes of this file are about. */
export const linkGroupAbout = 'partner bank accounts: list, look at, have what failed tried again, say what became of one at the bank';

export const listLinksRoute = defineQuestion({
  name: 'account-links.list',
  about: 'list links in the order of their numbers, or only those of an account, or those that wait for something',
  role: 'viewer',
  input: z.strictObject({
    account: z.string().min(1).max(64).optional().meta({ description: 'only those of this account of ours' }),
    unfinished: z.boolean().default(false).meta({ description: 'only those without the word of the bank' }),
    parked: z.boolean().default(false).meta({ description: 'instead: only those that wait for a person' }),
    failed: z.boolean().default(false).meta({ description: 'instead: only those that the bank has refused' }),
    after: number.optional().meta({ description: 'only those with a higher number: the next page' }),
    limit: z.int().min(1).max(1_000).default(100).meta({ description: 'how many are listed at most' }),
  }),
  answer: async ({ linkDesk }: LinkDeskPorts, { account, after, limit, ...flags }) => {
    const links = await linkDesk.list({ which: selectionOf(flags), accountId: account, after: BigInt(after ?? 0), limit });
    return { links, next: links.length < limit ? null : (links.at(-1)?.['link'] ?? null) };
  },
});

export const showLinkRoute = defineQuestion({
  name: 'account-links.show',
  about: 'show a link with its failures; its account number masked',
  role: 'viewer',
  input: oneLink,
  words,
  answer: async ({ linkDesk }: LinkDeskPorts, { link }) => {
    const found = await linkDesk.show(BigInt(link));
    if (found === undefined) throw new WeirError('notFound', `There is no link ${link}.`);
    return found;
  },
});

export const retryLinkRoute = defineAction({
  name: 'account-links.retry',
  about: 'have what failed of a link tried again at once, with all its tries; it is no longer parked',
  role: 'operator',
  input: oneLink,
  words,
  target: ({ link }) => `account link ${link}`,
  act: async (transaction, { operatedLinks }: LinkDeskPorts, { link }) => {
    const { accountId, partner, status, failedWith } = await operatedLinks.retry(transaction, BigInt(link));
    return { link, account: accountId, partner, status, failedWith };
  },
});

export const resolveLinkRoute = defineAction({
  name: 'account-links.resolve',
  about: 'say what became of a parked link at the bank; it stands so, and is no longer parked',
  role: 'operator',
  input: oneLink.extend({
    as: z.enum(truths).meta({ description: 'active where the bank has registered it, or failed, by what the people of the bank say' }),
  }),
  words,
  target: ({ link }) => `account link ${link}`,
  act: async (transaction, { operatedLinks }: LinkDeskPorts, { link, as }) => {
    const { accountId, partner, status } = await operatedLinks.resolve(transaction, BigInt(link), as);
    return { link, account: accountId, partner, was: status, is: as === 'active' ? 'ACTIVE' : 'FAILED' };
  },
});

function selectionOf(flags: Readonly<Record<Exclude<LinkSelection, 'all'>, boolean>>): LinkSelection {
  const chosen = (['unfinished', 'parked', 'failed'] as const).filter((flag) => flags[flag]);
  if (chosen.length > 1) throw new WeirError('invalidKey', 'Expected one of unfinished, parked and failed.');
  return chosen[0] ?? 'all';
}
