// What operators ask and do about members and their bills. Each action's changes commit with its audit row, and say in the rows what
// is to be sent; it is published after that, or found by the next redispatch.
import { z } from 'zod';
import { defineAction, defineQuestion } from '../../src/console/route.ts';
import { WeirError } from '../../src/errors.ts';
import { readIdentifier } from '../shared/identifiers.ts';
import type { FindStore, MemberQuery } from './findStore.ts';
import { memberSheet, parkedSheet } from './memberSheet.ts';
import { billingDateOf, monthField } from './monthField.ts';
import { resolutions, type OperatedBill } from './operatedBill.ts';
import type { BillOfMember } from './operatedBillStore.ts';
import type { OperatorStore, ParkedSelection } from './operatorStore.ts';
import type { PublishSoon } from './publishSoon.ts';

export interface OperatePorts {
  readonly finds: FindStore;
  readonly operations: OperatorStore;
  readonly publishSoon: PublishSoon;
  /** Whether an SMS endpoint is set up. */
  readonly hasTexter: boolean;
  /** The address that mails come from. */
  readonly senderAddress: string;
}

/** Bills that are named in one command at most. */
const mostNamed = 1_000;

const number = z.string().regex(/^[1-9]\d{0,17}$/, 'expected a number');
const memberNumber = number.meta({ description: 'number of the member (public_info_id)' });
const billNumbers = 'as 783261098765432101, or as its mail shows it';
const billOfMember = z.strictObject({
  publicInfoId: memberNumber,
  month: monthField.optional().meta({ description: 'billing month, YYYY-MM; the latest bill where it is left out' }),
});

/** What the routes of this file, and those beside them, are about. */
export const billingGroup = 'members and their bills: find, send, decide about those that are parked';

export const findRoute = defineQuestion({
  name: 'billing.find',
  about: 'find a member by number, e-mail or bill, with their bills, attempts and failures; personal data masked',
  role: 'viewer',
  input: z.strictObject({
    publicInfoId: memberNumber.optional(),
    bill: z
      .string()
      .refine(isIdentifier, `expected the identifier of a bill, ${billNumbers}`)
      .optional()
      .meta({ description: `instead: identifier of a bill, ${billNumbers}` }),
    email: z
      .string()
      .max(320)
      .optional()
      .meta({ description: 'instead: e-mail address as the member has it now, in any spelling', isPersonal: true }),
  }),
  answer: async ({ finds, senderAddress }: OperatePorts, input) => {
    const query = queryOf(input);
    const members = await finds.members(query);
    const ids = members.map(({ publicInfoId }) => publicInfoId);
    const bills = await finds.billsOf(ids, 'billId' in query ? query.billId : undefined);
    const byMember = Map.groupBy(bills, ({ public_info_id }) => public_info_id);
    return { members: members.map((member) => memberSheet(member, byMember.get(member.publicInfoId) ?? [], senderAddress)) };
  },
});

export const sendRoute = defineAction({
  name: 'billing.send',
  about: "send a member's bill now, whatever their quiet hours and its state; not one that was sent or is being sent",
  role: 'operator',
  input: billOfMember,
  target: targetOf,
  act: async (transaction, { operations }: OperatePorts, input) =>
    movedSheet(await operations.force(transaction, whichOf(input)), 'SEND_PENDING'),
  afterwards: (ports, { publicInfoId }) => ports.publishSoon(BigInt(publicInfoId)),
});

export const smsRoute = defineAction({
  name: 'billing.sms',
  about: "send a member's failed bill as SMS",
  role: 'operator',
  input: billOfMember,
  target: targetOf,
  act: async (transaction, { operations, hasTexter }: OperatePorts, input) => {
    if (!hasTexter) throw new WeirError('refused', 'No SMS endpoint is set up: set sms.url.');
    return movedSheet(await operations.requestText(transaction, whichOf(input)), 'SENDING');
  },
  afterwards: (ports, { publicInfoId }) => ports.publishSoon(BigInt(publicInfoId)),
});

export const unknownRoute = defineQuestion({
  name: 'billing.unknown',
  about: 'list the parked bills, of which nobody can tell whether they were sent, the oldest first',
  role: 'viewer',
  input: z.strictObject({
    month: monthField.optional().meta({ description: 'billing month, YYYY-MM; all where it is left out' }),
    limit: z.int().min(1).max(1_000).default(100).meta({ description: 'how many are listed at most' }),
  }),
  answer: async ({ finds, senderAddress }: OperatePorts, input) => {
    const { count, bills } = await finds.parked({ billingDate: dateOf(input.month), limit: input.limit });
    return { parked: count, bills: bills.map((bill) => parkedSheet(bill, senderAddress)) };
  },
});

export const resolveRoute = defineAction({
  name: 'billing.resolve',
  about: 'decide about parked bills: send them again, or close them as sent or as failed',
  role: 'operator',
  input: z.strictObject({
    as: z.enum(resolutions).meta({ description: 'resend, sent or failed' }),
    bills: z
      .string()
      .refine(areIdentifiers, `expected identifiers of bills, at most ${mostNamed}, each ${billNumbers}, commas between`)
      .optional()
      .meta({ description: 'identifiers of bills, commas between: weir billing unknown lists them' }),
    month: monthField.optional().meta({ description: 'instead: all parked bills of this billing month' }),
    expected: z.int().min(1).optional().meta({ description: 'instead of bills: how many there are; with another number nothing is done' }),
  }),
  target: ({ bills, month: of, expected }) => bills ?? `${expected ?? 0} parked bills of ${of ?? 'all months'}`,
  act: async (transaction, { operations }: OperatePorts, input) => {
    const { bills, remaining } = await operations.resolve(transaction, selectionOf(input), input.as);
    return { resolved: bills.length, remaining, as: input.as, bills: bills.slice(0, 100).map(({ billId }) => billId.toString()) };
  },
});

interface BillInput {
  readonly publicInfoId: string;
  readonly month?: string | undefined;
}

function targetOf({ publicInfoId, month: of }: BillInput): string {
  return `the ${of ?? 'latest'} bill of member ${publicInfoId}`;
}

function whichOf({ publicInfoId, month: of }: BillInput): BillOfMember {
  return { publicInfoId: BigInt(publicInfoId), billingDate: dateOf(of) };
}

function dateOf(of: string | undefined): string | undefined {
  return of === undefined ? undefined : billingDateOf(of);
}

function movedSheet({ billId, billingDate, state }: OperatedBill, to: string): { readonly [field: string]: string } {
  return { bill: billId.toString(), month: billingDate.slice(0, 7), from: state, to };
}

function isIdentifier(text: string): boolean {
  try {
    readIdentifier(text);
    return true;
  } catch {
    return false;
  }
}

function areIdentifiers(text: string): boolean {
  const texts = text.split(',', mostNamed + 1);
  return texts.length <= mostNamed && texts.every(isIdentifier);
}

interface FindInput {
  readonly publicInfoId?: string | undefined;
  readonly bill?: string | undefined;
  readonly email?: string | undefined;
}

function queryOf({ publicInfoId, bill, email }: FindInput): MemberQuery {
  const given = [publicInfoId, bill, email].filter((field) => field !== undefined);
  if (given.length !== 1) throw new WeirError('invalidKey', 'Expected one of publicInfoId, bill and email.');
  if (publicInfoId !== undefined) return { publicInfoId: BigInt(publicInfoId) };
  return bill === undefined ? { email: email ?? '' } : { billId: readIdentifier(bill) };
}

function selectionOf(input: {
  readonly bills?: string | undefined;
  readonly month?: string | undefined;
  readonly expected?: number | undefined;
}): ParkedSelection {
  const { bills, expected } = input;
  if (bills !== undefined && expected === undefined && input.month === undefined) return { billIds: bills.split(',').map(readIdentifier) };
  if (bills === undefined && expected !== undefined) return { billingDate: dateOf(input.month), expected };
  throw new WeirError('invalidKey', 'Expected either bills, or expected (and perhaps month): how many parked bills it is about.');
}
