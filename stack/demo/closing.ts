import { isQuiet } from '../../pipelines/shared/quietHours.ts';
import type { Inbox } from '../../simulators/inbox.ts';
import { table } from '../../src/commandLine/table.ts';
import type { Queryable } from '../../src/connectors/database.ts';
import { readBooks, type Books } from './books.ts';
import { isLawful, type PipelineCounts } from './law.ts';
import type { People } from './people.ts';
import { readRecords, type Records } from './records.ts';
import { say } from './tell.ts';

/** Something that must hold at the end. */
export interface Check {
  readonly what: string;
  readonly found: string;
  readonly holds: boolean;
}

/** What the closing is made of. */
export interface Closing {
  readonly database: Queryable;
  readonly inbox: Inbox;
  readonly crowd: People;
  /** Messages on the topic that no program can read. */
  readonly poison: number;
  /** Of each pipeline in each daemon that was drained. */
  readonly counts: readonly (PipelineCounts & { readonly worker: string })[];
  readonly exitCodes: readonly (number | null)[];
  /** Bills in the hands of the daemon that was killed, at most. */
  readonly mostUnknown: number;
  /** What else must hold. */
  readonly also: readonly Check[];
}

/** Shows where everything ended; answers what must hold and whether it does. */
export async function showClosing(closing: Closing): Promise<readonly Check[]> {
  const books = await readBooks(closing.database);
  const records = await readRecords(closing.database);
  const mails = mailsPerMember(closing);
  showRuns(records);
  showCounts(closing.counts);
  say('Mails per member');
  console.log(
    table(
      ['mails', 'members', ''],
      [...Map.groupBy(mails, ({ mails: count }) => count)]
        .toSorted(([left], [right]) => left - right)
        .map(([count, those]) => [count, those.length, explained(count, those, records)]),
    ),
  );
  say('Dead letters by reason, as the fail log has them');
  console.log(
    table(
      ['code', 'read', 'letters', 'for example'],
      records.deadLetters.map(({ code, parsed, letters, example }) => [code, parsed, letters, example.slice(0, 90)]),
    ),
  );
  const unknown = books.byStatus.get('parked') ?? 0;
  if (unknown > 0) {
    say(`${unknown} bills are unknown: nobody can tell whether their mails were sent, so a person decides`);
    console.log('weir billing unknown\nweir billing resolve --as resend|sent|failed --bills … --reason …');
  }
  const checks = checksOf(closing, books, records, mails);
  say('Checks');
  console.log(
    table(
      ['what must hold', 'found', ''],
      checks.map(({ what, found, holds }) => [what, found, holds ? 'holds' : 'BROKEN']),
    ),
  );
  return checks;
}

function showRuns({ jobs, schedules }: Records): void {
  say('Schedules: fire times that came, and what became of them');
  console.log(
    table(
      ['schedule', 'started', 'left out', 'found late'],
      schedules.map(({ schedule, started, skipped, missed }) => [schedule, started, skipped, missed]),
    ),
  );
  say('Jobs: rows read = written + put aside');
  console.log(
    table(
      ['job', 'runs', 'completed', 'rows read', 'written', 'put aside'],
      jobs.map(({ job, runs, completed, read, skipped }) => [job, runs, completed, read, read - skipped, skipped]),
    ),
  );
}

function showCounts(counts: Closing['counts']): void {
  say('Pipelines: received = done + skipped + deferred + dead + released + in flight');
  console.log(
    table(
      ['daemon', 'pipeline', 'received', 'done', 'skipped', 'deferred', 'dead', 'released', 'in flight', 'law'],
      counts.map((row) => [
        row.worker,
        row.pipeline,
        row.received,
        row.done,
        row.skipped,
        row.deferred,
        row.dead,
        row.released,
        row.inFlight,
        isLawful(row) ? 'holds' : 'BROKEN',
      ]),
    ),
  );
}

interface MemberMails {
  readonly publicInfoId: bigint;
  readonly mails: number;
}

function mailsPerMember({ crowd, inbox }: Closing): readonly MemberMails[] {
  const counts = new Map<string, number>();
  for (const { to } of inbox.received()) for (const address of to) counts.set(address, (counts.get(address) ?? 0) + 1);
  return crowd.members.map(({ publicInfoId, email }) => ({ publicInfoId, mails: counts.get(email) ?? 0 }));
}

/** Names those who got more than one mail, or says why somebody got none. */
function explained(count: number, members: readonly MemberMails[], { resent }: Records): string {
  if (count === 1) return '';
  if (count === 0) return 'refused by their mail server, unknown, or without a bill';
  return members
    .map(({ publicInfoId }) => `${publicInfoId}${resent.has(publicInfoId) ? ' (unknown, resent by an operator)' : ''}`)
    .join(', ');
}

function checksOf(closing: Closing, books: Books, records: Records, mails: readonly MemberMails[]): readonly Check[] {
  return [
    ...[...closing.counts].map((row) => ({
      what: `the law of ${row.pipeline} in ${row.worker}`,
      found: `${row.received} received`,
      holds: isLawful(row) && row.inFlight === 0,
    })),
    ...bookChecks(closing, books),
    ...runChecks(records),
    ...mailChecks(closing, books, records, mails),
    ...closing.also,
    {
      what: 'daemons that drained and ended with 0',
      found: closing.exitCodes.join(', '),
      holds: closing.exitCodes.every((code) => code === 0),
    },
  ];
}

function bookChecks({ crowd, mostUnknown }: Closing, books: Books): readonly Check[] {
  const { bills, skipped, unbalanced, forgotten, byStatus } = books;
  const ended = (byStatus.get('COMPLETED') ?? 0) + (byStatus.get('FAILED') ?? 0) + (byStatus.get('parked') ?? 0);
  const unknown = byStatus.get('parked') ?? 0;
  return [
    {
      what: 'members = bills + rows put aside',
      found: `${crowd.members.length} = ${bills} + ${skipped}`,
      holds: crowd.members.length === bills + skipped,
    },
    { what: 'rows put aside: usage that cannot be billed', found: String(skipped), holds: skipped === crowd.unbillable },
    { what: 'members with usage and neither bill nor reason', found: String(forgotten), holds: forgotten === 0 },
    { what: 'bills whose lines do not sum to them', found: String(unbalanced), holds: unbalanced === 0 },
    { what: 'bills at their end: sent, refused, or unknown', found: `${ended} of ${bills}`, holds: ended === bills },
    {
      what: 'unknown bills, at most those in the hands of who was killed',
      found: `${unknown} of ${mostUnknown}`,
      holds: unknown <= mostUnknown,
    },
  ];
}

function runChecks({ jobs, schedules }: Records): readonly Check[] {
  const startedOf = (name: string): number => schedules.find(({ schedule }) => schedule === name)?.started ?? 0;
  const unfinished = jobs.reduce((sum, { runs, completed }) => sum + runs - completed, 0);
  return [
    { what: 'the settlement was fired once', found: String(startedOf('billing.settle')), holds: startedOf('billing.settle') === 1 },
    { what: 'a dispatch was fired on both days', found: String(startedOf('billing.dispatch')), holds: startedOf('billing.dispatch') === 2 },
    { what: 'runs that did not complete', found: String(unfinished), holds: unfinished === 0 },
  ];
}

function mailChecks(
  { crowd, inbox, poison }: Closing,
  { byStatus }: Books,
  records: Records,
  mails: readonly MemberMails[],
): readonly Check[] {
  const byAddress = new Map(crowd.members.map((member) => [member.email, member]));
  const isForced = (address: string): boolean => records.resent.has(byAddress.get(address)?.publicInfoId ?? 0n);
  const inQuietHours = inbox
    .received()
    .filter(({ to, receivedAt }) =>
      to.some(
        (address) =>
          !isForced(address) && isQuiet(byAddress.get(address)?.quietHours ?? { start: null, end: null, zone: 'UTC' }, receivedAt),
      ),
    );
  const twice = mails.filter(({ publicInfoId, mails: count }) => count > (records.resent.has(publicInfoId) ? 2 : 1));
  const mailed = new Set(mails.filter(({ mails: count }) => count > 0).map(({ publicInfoId }) => publicInfoId));
  const unmailed = records.completedByMail.filter((id) => !mailed.has(id));
  const unexplained = [...mailed].filter((id) => !records.perhapsMailed.has(id));
  const letters = records.deadLetters.reduce((sum, row) => sum + row.letters, 0);
  return [
    { what: 'bills COMPLETED by mail without a mail', found: String(unmailed.length), holds: unmailed.length === 0 },
    { what: 'mails of bills that were not sent, as their rows say', found: String(unexplained.length), holds: unexplained.length === 0 },
    { what: 'members with two mails, but for unknown ones that were resent', found: String(twice.length), holds: twice.length === 0 },
    { what: 'mails inside quiet hours', found: String(inQuietHours.length), holds: inQuietHours.length === 0 },
    {
      what: 'dead letters = refused mails + messages that nobody can read',
      found: `${letters} = ${records.refused} + ${poison}`,
      holds: letters === records.refused + poison,
    },
    { what: 'bills that are waiting for their hour', found: String(byStatus.get('waiting') ?? 0), holds: !byStatus.has('waiting') },
  ];
}
