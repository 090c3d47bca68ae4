import { writeFileSync } from 'node:fs';
import { memberStore } from '../pipelines/billing/memberStore.ts';
import { periodStore } from '../pipelines/billing/periodStore.ts';
import { isQuiet } from '../pipelines/shared/quietHours.ts';
import { progressLine } from '../src/commandLine/progressBar.ts';
import { table } from '../src/commandLine/table.ts';
import type { Database } from '../src/connectors/database.ts';
import { openDatabase } from '../src/connectors/postgres/openDatabase.ts';
import { parseKeyRing } from '../src/message/keyRing.ts';
import { realClock } from '../src/runtime/clock.ts';
import { listRuns } from '../src/runtime/jobs/listRuns.ts';
import { billsByStatus, readBooks } from './demo/books.ts';
import { countsOf, isLawful } from './demo/law.ts';
import { comingMonth, type DemoMonth } from './demo/month.ts';
import { people, refusedDomain, type People } from './demo/people.ts';
import { startWeir, weir } from './demo/weirProcess.ts';
import { parseFlags } from './parseFlags.ts';
import { startStack, type Stack } from './startStack.ts';

const usage = `npm run demo [-- --members N] [--report FILE]

The way of a bill, from usage to inbox, on real services. Ends with tables in which every number must add up; its exit code is 0
only when it does.

  --members N    how many people get a bill, from 1 to 1,000,000 (default 2000)
  --report FILE  also write the closing checks to FILE, as JSON
  --help         print this and end`;

const { members = '2000', report } = parseFlags(usage, ['members', 'report']);
const memberCount = Number(members);
if (!Number.isInteger(memberCount) || memberCount < 1 || memberCount > 1_000_000) {
  console.error(`--members takes a whole number from 1 to 1,000,000, got ${members}\n\n${usage}`);
  process.exit(2);
}

interface Check {
  readonly what: string;
  readonly found: string;
  readonly holds: boolean;
}

const say = (sentence: string): void => console.log(`\n\u001b[1m${sentence}\u001b[0m`);
const startedMs = performance.now();

await using started = new AsyncDisposableStack();
say('Starting PostgreSQL, Redis and a mail inbox');
const stack = started.adopt(await startStack(), (running) => running.close());
const database = started.adopt(
  openDatabase({ url: stack.environment['WEIR_DATABASE_URL'] ?? '', clock: realClock, statementLimitMs: 120_000, answerLimitMs: 125_000 }),
  (open) => open.close(),
);
stack.inbox.faults.add({ phase: 'rcpt', to: `@${refusedDomain}`, action: { kind: 'reply', text: '550 5.1.1 no such mailbox' } });
const month = comingMonth(new Date().toISOString().slice(0, 10));
await weir(stack.environment, 'migrate');

say(
  `Loading ${memberCount.toLocaleString('en-US')} members and ${(memberCount * 5).toLocaleString('en-US')} lines of usage of ${month.usage}`,
);
const crowd = people(memberCount, month.usage);
await load(database, crowd, month, stack);

say(`Settling ${month.billing}: usage becomes bills`);
await weir(stack.environment, 'run', '--job', 'billing.settle', '--key', month.billing);
for (const day of month.dispatchDays) {
  say(`Dispatching the bills of ${day}: bills become messages`);
  await weir(stack.environment, 'run', '--job', 'billing.dispatch', '--key', day);
}

say('Delivering: messages become mails');
const daemon = startWeir(stack.environment, 'run');
const adminUrl = await daemon.adminUrl;
await untilDelivered(database);
const metrics = await (await fetch(`${adminUrl}/metrics`)).text();
daemon.child.kill('SIGTERM');
const exitCode = await daemon.exited;

const checks = await show(database, metrics, exitCode);
const seconds = (performance.now() - startedMs) / 1_000;
if (report !== undefined) writeFileSync(report, JSON.stringify({ members: memberCount, seconds, checks }, null, 2));
const broken = checks.filter(({ holds }) => !holds);
say(
  broken.length === 0
    ? `Every number adds up. ${seconds.toFixed(1)} s in all.`
    : `${broken.length} of ${checks.length} checks do not hold.`,
);
process.exitCode = broken.length === 0 ? 0 : 1;

async function load(
  target: Database,
  { members, usage }: People,
  { usage: used, billing, next }: DemoMonth,
  { environment }: Stack,
): Promise<void> {
  const store = memberStore(target, parseKeyRing(environment['WEIR_KEYS_RING'] ?? ''));
  await periodStore(target).provideMonths([used, billing, next]);
  const chunk = 5_000;
  for (let at = 0; at < members.length; at += chunk) await store.insertMembers(members.slice(at, at + chunk));
  for (let at = 0; at < usage.length; at += chunk) await store.insertUsage(usage.slice(at, at + chunk));
  await target.execute('ANALYZE');
}

/** Waits until no bill is on its way any more, showing how many are done. */
async function untilDelivered(source: Database): Promise<void> {
  const beganMs = performance.now();
  let lastEnded = -1;
  let progressMs = beganMs;
  for (;;) {
    const bills = await billsByStatus(source);
    const onTheWay = (bills.get('CREATED') ?? 0) + (bills.get('SEND_PENDING') ?? 0) + (bills.get('SENDING') ?? 0);
    const total = [...bills.values()].reduce((sum, count) => sum + count, 0);
    const ended = total - onTheWay;
    const nowMs = performance.now();
    if (ended !== lastEnded) progressMs = nowMs;
    lastEnded = ended;
    const line = progressLine({ label: 'billing.deliver', done: ended, total, perSecond: (ended * 1_000) / (nowMs - beganMs) });
    process.stdout.write(process.stdout.isTTY ? `\r\u001b[2K${line}` : '');
    if (onTheWay === 0 || nowMs - progressMs > 60_000) {
      process.stdout.write(process.stdout.isTTY ? '\n' : `${line}\n`);
      return;
    }
    await new Promise((resolve) => setTimeout(resolve, 200));
  }
}

async function show(source: Database, scraped: string, daemonExit: number | null): Promise<readonly Check[]> {
  const runs = (await listRuns(source)).toReversed();
  say('Jobs: rows read = written + put aside');
  const jobRows = runs.map((run) => ({ ...run, written: run.rowsRead - run.skipped }));
  console.log(
    table(
      ['job', 'key', 'status', 'rows read', 'written', 'put aside', 'partitions'],
      jobRows.map((run) => [run.job, run.key, run.status, run.rowsRead, run.written, run.skipped, run.completed]),
    ),
  );
  const counts = countsOf(scraped);
  say('Pipelines: received = done + skipped + deferred + dead + released + in flight');
  console.log(
    table(
      ['pipeline', 'received', 'done', 'skipped', 'deferred', 'dead', 'released', 'in flight', 'law'],
      counts.map((row) => [
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
  const books = await readBooks(source);
  say('Bills');
  console.log(table(['state', 'bills'], [...books.byStatus]));
  const checks = [
    ...runs.map((run) => ({ what: `${run.job}:${run.key} completed`, found: run.status, holds: run.status === 'COMPLETED' })),
    ...counts.map((row) => ({
      what: `the law of ${row.pipeline}`,
      found: `${row.received} received`,
      holds: isLawful(row) && row.received > 0,
    })),
    ...bookChecks(books),
    ...mailChecks(books.byStatus),
    { what: 'the daemon drained and ended with 0', found: String(daemonExit), holds: daemonExit === 0 },
  ];
  say('Checks');
  console.log(
    table(
      ['what must hold', 'found', ''],
      checks.map(({ what, found, holds }) => [what, found, holds ? 'holds' : 'BROKEN']),
    ),
  );
  return checks;
}

function bookChecks({ bills, skipped, unbalanced, forgotten, byStatus }: Awaited<ReturnType<typeof readBooks>>): readonly Check[] {
  const all = [...byStatus.values()].reduce((sum, count) => sum + count, 0);
  return [
    { what: 'members = bills + rows put aside', found: `${memberCount} = ${bills} + ${skipped}`, holds: memberCount === bills + skipped },
    { what: 'rows put aside: usage that cannot be billed', found: String(skipped), holds: skipped === crowd.unbillable },
    { what: 'members with usage and neither bill nor reason', found: String(forgotten), holds: forgotten === 0 },
    { what: 'bills whose lines do not sum to them', found: String(unbalanced), holds: unbalanced === 0 },
    {
      what: 'bills refused by the mail server: FAILED',
      found: String(byStatus.get('FAILED') ?? 0),
      holds: (byStatus.get('FAILED') ?? 0) === crowd.refused,
    },
    { what: 'bills in some state', found: `${all} of ${bills}`, holds: all === bills },
  ];
}

function mailChecks(byStatus: ReadonlyMap<string, number>): readonly Check[] {
  const completed = byStatus.get('COMPLETED') ?? 0;
  const mails = stack.inbox.received();
  const byAddress = new Map(crowd.members.map((member) => [member.email, member]));
  const quiet = mails.filter(({ to, receivedAt }) =>
    to.some((address) => isQuiet(byAddress.get(address)?.quietHours ?? { start: null, end: null, zone: 'UTC' }, receivedAt)),
  );
  const doubles = stack.inbox.doubles();
  return [
    {
      what: 'mails in the inbox = bills COMPLETED',
      found: `${mails.length} = ${completed}`,
      holds: mails.length === completed && completed > 0,
    },
    { what: 'members with two mails', found: String(doubles.length), holds: doubles.length === 0 },
    { what: 'mails inside quiet hours', found: String(quiet.length), holds: quiet.length === 0 },
  ];
}
