// What operators ask and do about remittances. Nothing is moved by hand: an action has what failed tried again, or what a bank meant
// booked, by the pipelines, and its messages commit with its audit row.
import { z } from 'zod';
import { defineAction, defineQuestion } from '../../src/console/route.ts';
import { WeirError } from '../../src/errors.ts';
import { booksSheet } from './booksSheet.ts';
import { readLimitMs, type BooksStore } from './booksStore.ts';
import type { DeskSelection, DeskStore } from './deskStore.ts';
import { truths } from './resolution.ts';
import type { ResolveRequestStore } from './resolveRequestStore.ts';
import type { RetryRequestStore } from './retryRequestStore.ts';

export interface DeskPorts {
  readonly desk: DeskStore;
  readonly deskRetries: RetryRequestStore;
  readonly resolutions: ResolveRequestStore;
  readonly books: BooksStore;
  readonly now: () => Date;
}

/** From this age on a remittance without an end is listed as late. */
const lateAfterMs = 600_000;

const number = z
  .string()
  .regex(/^[1-9]\d{0,18}$/, { error: 'expected a number as weir remittance list and show print it', abort: true })
  .refine((text) => BigInt(text) < 2n ** 63n, 'expected a number as weir remittance list and show print it');
const oneRemittance = z.strictObject({ number: number.meta({ description: 'number of the remittance: weir remittance list shows it' }) });
const words = ['number'];

/** What the routes of this file are about. */
export const remittanceGroup = 'remittances: list, look at, have what failed tried again, say what a bank meant, check the books';

export const listRemittancesRoute = defineQuestion({
  name: 'remittance.list',
  about: 'list remittances in the order of their numbers, or only those that wait for something',
  role: 'viewer',
  input: z.strictObject({
    unfinished: z.boolean().default(false).meta({ description: 'only those that have no end' }),
    parked: z.boolean().default(false).meta({ description: 'instead: only those that wait for a person' }),
    late: z.boolean().default(false).meta({ description: 'instead: only those that have no end after ten minutes' }),
    after: number.optional().meta({ description: 'only those with a higher number: the next page' }),
    limit: z.int().min(1).max(1_000).default(100).meta({ description: 'how many are listed at most' }),
  }),
  answer: async ({ desk, now }: DeskPorts, { after, limit, ...flags }) => {
    const lateBefore = new Date(now().getTime() - lateAfterMs);
    const remittances = await desk.list({ which: selectionOf(flags), after: BigInt(after ?? 0), limit, lateBefore });
    return { remittances, next: remittances.length < limit ? null : (remittances.at(-1)?.['number'] ?? null) };
  },
});

export const showRemittanceRoute = defineQuestion({
  name: 'remittance.show',
  about: 'show a remittance with its states, ledger records, calls of the bank and failures; account numbers masked',
  role: 'viewer',
  input: oneRemittance,
  words,
  answer: async ({ desk }: DeskPorts, { number: named }) => {
    const found = await desk.show(BigInt(named));
    if (found === undefined) throw new WeirError('notFound', `There is no remittance ${named}.`);
    return found;
  },
});

export const retryRemittanceRoute = defineAction({
  name: 'remittance.retry',
  about: 'have what failed of a remittance tried again at once, with all its tries; it is no longer parked',
  role: 'operator',
  input: oneRemittance,
  words,
  target: ({ number: named }) => `remittance ${named}`,
  act: async (transaction, { deskRetries }: DeskPorts, { number: named }) => {
    const { request, retries } = await deskRetries.retry(transaction, BigInt(named));
    return { number: named, state: request.state, retries: retries.map(({ kind, failure }) => ({ what: kind, failedWith: failure.code })) };
  },
});

export const resolveRemittanceRoute = defineAction({
  name: 'remittance.resolve',
  about: 'say which is true where the bank has said both of a call; it stands so, and the remittance goes on',
  role: 'operator',
  input: oneRemittance.extend({
    as: z.enum(truths).meta({ description: 'done where the money moved, or refused, by what the people of the bank say' }),
    call: number.optional().meta({ description: 'which call, where several are contradicted: weir remittance show lists them' }),
  }),
  words,
  target: ({ number: named }) => `remittance ${named}`,
  act: async (transaction, { resolutions }: DeskPorts, { number: named, as, call: callId }) => {
    const of = callId === undefined ? undefined : BigInt(callId);
    const { request, resolution } = await resolutions.resolve(transaction, BigInt(named), as, of);
    const { call, status, isToBeBooked } = resolution;
    return { number: named, state: request.state, call: call.kind, was: call.status, is: status, isBooked: !isToBeBooked };
  },
});

const withFindings = z.object({ findings: z.array(z.unknown()).min(1) });

export const checkRemittancesRoute = defineQuestion({
  name: 'remittance.check',
  about:
    'read all books of remittances in one snapshot: they sum to 0, balances are those of their records, states have their records, no call is contradicted; what is wrong is answered as findings, beside how our money comes about',
  role: 'viewer',
  answerLimitMs: readLimitMs + 30_000,
  input: z.strictObject({}),
  hasFindings: (answer) => withFindings.safeParse(answer).success,
  answer: async ({ books }: DeskPorts) => booksSheet(await books.read()),
});

function selectionOf(flags: Readonly<Record<Exclude<DeskSelection, 'all'>, boolean>>): DeskSelection {
  const chosen = (['unfinished', 'parked', 'late'] as const).filter((flag) => flags[flag]);
  if (chosen.length > 1) throw new WeirError('invalidKey', 'Expected one of unfinished, parked and late.');
  return chosen[0] ?? 'all';
}
