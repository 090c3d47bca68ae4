// What operators ask and do about deposits. Nothing is moved by hand: the ledger says what users have, and an action only has Redis show it.
import { z } from 'zod';
import { defineAction, defineQuestion } from '../../src/console/route.ts';
import { WeirError } from '../../src/errors.ts';
import type { Clock } from '../../src/message/clock.ts';
import { openRunWithin } from '../../src/runtime/jobs/openRun.ts';
import { seoulText } from '../shared/seoulTime.ts';
import { checkSheet } from './checkSheet.ts';
import type { CheckStore } from './checkStore.ts';
import type { DepositDeskStore } from './deskStore.ts';
import { rebuild } from './rebuild.job.ts';

export interface DepositDeskPorts {
  readonly depositDesk: DepositDeskStore;
  readonly depositChecks: CheckStore;
  readonly clock: Clock;
}

const user = z
  .string()
  .regex(/^[1-9]\d{0,18}$/, { error: 'expected the number of a user', abort: true })
  .refine((text) => BigInt(text) < 2n ** 63n, 'expected the number of a user');
const place = z.string().regex(/^[1-9]\d{0,17}$/, 'expected a number as weir deposits aside prints it');

/** What the routes of this file are about. */
export const depositsGroup = 'deposits: look at accounts, check the books, have Redis show again what the ledger says';

export const showDepositRoute = defineQuestion({
  name: 'deposits.show',
  about: 'show the account of a user: balance, what is due when, his last rows of the ledger, and what stands in Redis',
  role: 'viewer',
  input: z.strictObject({ user: user.meta({ description: 'number of the user' }) }),
  words: ['user'],
  answer: async ({ depositDesk }: DepositDeskPorts, { user: named }) => {
    const found = await depositDesk.show(BigInt(named));
    if (found === undefined) throw new WeirError('notFound', `There is no deposit account of user ${named}.`);
    return found;
  },
});

/** What is right, by what daemons of any version count; one that did not reach Redis says nothing of what differs there. */
const isRight = z.object({ notTheSum: z.literal(0), differentInRedis: z.literal(0), behindInRedis: z.literal(0).optional() });

export const checkDepositsRoute = defineQuestion({
  name: 'deposits.check',
  about: 'compare every balance with the sum of its rows in the ledger, and with what Redis shows; what is wrong is answered as findings',
  role: 'viewer',
  input: z.strictObject({}),
  answerLimitMs: 300_000,
  hasFindings: (answer) => !isRight.safeParse(answer).success,
  answer: async ({ depositChecks }: DepositDeskPorts) => checkSheet(await depositChecks.check()),
});

export const asideDepositsRoute = defineQuestion({
  name: 'deposits.aside',
  about: 'list what was found in Redis under staged keys and was not believed, with why',
  role: 'operator',
  input: z.strictObject({
    after: place.optional().meta({ description: 'only later ones: the next page' }),
    limit: z.int().min(1).max(1_000).default(100).meta({ description: 'how many are listed at most' }),
  }),
  answer: async ({ depositDesk }: DepositDeskPorts, { after, limit }) => {
    const aside = await depositDesk.aside(BigInt(after ?? 0), limit);
    return { aside, next: aside.length < limit ? null : (aside.at(-1)?.['id'] ?? null) };
  },
});

export const rebuildDepositsRoute = defineAction({
  name: 'deposits.rebuild',
  about: 'have Redis show again what the ledger says of every account, after it has lost something',
  role: 'operator',
  input: z.strictObject({}),
  act: async (transaction, { clock }: DepositDeskPorts) => {
    // To the millisecond: it may be asked for again at once.
    const key = seoulText(clock.now()).slice(0, 'YYYY-MM-DDTHH:MM:SS.mmm'.length);
    const run = await openRunWithin(transaction, { job: rebuild.name, key, planVersion: rebuild.planVersion });
    return { run: run.toString(), job: rebuild.name, key };
  },
});
