import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { seoulDay, seoulInstant } from '../pipelines/shared/seoulTime.ts';
import { dayOf, firstDay, lastDay } from '../pipelines/shared/period.ts';
import { openDatabase } from '../src/connectors/postgres/openDatabase.ts';
import { parseKeyRing } from '../src/message/keyRing.ts';
import { realClock } from '../src/runtime/clock.ts';
import { billsByStatus, mailedPart, refusedMember, settledPart } from './demo/books.ts';
import { businesses, openBusinesses, remittances, troubleBank } from './demo/businesses.ts';
import { closeBusinesses, endedPart } from './demo/businessBooks.ts';
import { sendAll, type ClientHistory } from './demo/clients.ts';
import { showClosing } from './demo/closing.ts';
import { countsOf } from './demo/law.ts';
import { load } from './demo/load.ts';
import { killInTheMiddle, type Mishap } from './demo/mishap.ts';
import { comingMonth } from './demo/month.ts';
import { movedClock } from './demo/movedClock.ts';
import { Operator } from './demo/operator.ts';
import { outsideBus } from './demo/outsideBus.ts';
import { greylistedDomain, people, refusedDomain } from './demo/people.ts';
import { askLinks, linkCount, type LinksAsked } from './demo/partners.ts';
import { closePartners } from './demo/partnerBooks.ts';
import { writePoison } from './demo/poison.ts';
import { firedAt, movement, nextMoment, type Watched } from './demo/rest.ts';
import { callBack, hangOrders, orderCount, troubleGateways } from './demo/shop.ts';
import { closeShop } from './demo/shopBooks.ts';
import { closeStatistics, writeStatistics } from './demo/statistics.ts';
import { closeTraders } from './demo/traderBooks.ts';
import { loseBalances, openTraders, reportTrades, type Trading } from './demo/traders.ts';
import { say, tellMoment, tellMoments } from './demo/tell.ts';
import { Workers } from './demo/workers.ts';
import { parseFlags } from './parseFlags.ts';
import { startStack } from './startStack.ts';

const usage = `npm run demo [-- --members N] [--kafka] [--report FILE] [--keep]

A telecom's month on real services, in two minutes: usage becomes bills on the 1st, bills become mails on the 15th and 21st, each at
an hour its member accepts. On the 10th a shop's orders hang, businesses send each other money, accounts are linked to partners and
customers trade overseas, while gateways and the bank fail, answer late and call back twice. The scheduler runs it; the demo only moves the calendar from one fire time to the next. Two daemons
share the work; they are killed in the middle of settling, of remitting and of delivering. Ends with tables in which every number must
add up; its exit code is 0 only when it does.

  --members N    how many people get a bill, from 1 to 1,000,000 (default 20000)
  --kafka        over Kafka instead of Redis Streams (needs Java 17; Maven the first time)
  --report FILE  also write the closing checks to FILE, as JSON
  --keep         keep everything running until Ctrl-C, to look around
  --help         print this and end`;

const { members = '20000', report, keep = false, kafka = false } = parseFlags(usage, ['members', 'report'], ['keep', 'kafka']);
const memberCount = Number(members);
if (!Number.isInteger(memberCount) || memberCount < 1 || memberCount > 1_000_000) {
  console.error(`--members takes a whole number from 1 to 1,000,000, got ${members}\n\n${usage}`);
  process.exit(2);
}

/** A daemon that died is noticed within seconds, and its claims run out soon; so small that a middle can be met. */
const concurrency = 10;
const recordSize = 50;
const pace = {
  WEIR_LOG_LEVEL: 'info',
  WEIR_JOBS_LEASE_MS: '3000',
  WEIR_JOBS_POLL_MS: '200',
  WEIR_BUS_IDLE_LIMIT_MS: '3000',
  WEIR_KAFKA_SESSION_TIMEOUT_MS: '3000',
  WEIR_KAFKA_REBALANCE_TIMEOUT_MS: '6000',
  WEIR_BILLING_SETTLE_CHUNK_SIZE: '500',
  WEIR_BILLING_DELIVER_SEND_CONCURRENCY: String(concurrency),
  WEIR_BILLING_DELIVER_SEND_TIME_LIMIT_MS: '3000',
  WEIR_BILLING_DELIVER_SEND_RETRY_MAX_RETRIES: '0',
  WEIR_BILLING_DELIVER_LEASE_BEYOND_MS: '3000',
  WEIR_BILLING_DELIVER_RECORD_SIZE: String(recordSize),
  WEIR_API_CALLER_PER_SECOND: '1000',
  WEIR_API_ADDRESS_PER_SECOND: '2000',
};

const startedMs = performance.now();
const month = comingMonth(new Date().toISOString().slice(0, 10));
const reportedDays = { from: firstDay(month.usage), first: firstDay(month.billing), last: lastDay(month.billing) };
const calendar = movedClock(seoulInstant(lastDay(month.usage), '23:58').getTime() - Date.now());
await using started = new AsyncDisposableStack();

say(`Starting PostgreSQL, Redis, ${kafka ? 'Kafka, ' : ''}a mail inbox, an SMS endpoint, gateways, a bank and a chat`);
const stack = started.adopt(await startStack({ ...(kafka && { kafka: {} }), now: () => calendar.now() }), (running) => running.close());
const { environment, inbox, outside } = stack;
const { gateways, bank } = outside;
const database = started.adopt(
  openDatabase({ url: environment['WEIR_DATABASE_URL'] ?? '', clock: realClock, statementLimitMs: 120_000, answerLimitMs: 125_000 }),
  (open) => open.close(),
);
const bus = started.adopt(outsideBus(stack), (open) => open.close());
await new Operator(environment).asks('migrate');

const crowd = people(memberCount, month.usage);
say(
  `Loading ${memberCount.toLocaleString('en-US')} members and ${crowd.usage.length.toLocaleString('en-US')} lines of usage of ${month.usage}`,
);
const keyRing = parseKeyRing(environment['WEIR_KEYS_RING'] ?? '');
await load(database, keyRing, crowd, month);
await openBusinesses(database, bank);
await openTraders(database);
await writeStatistics(database, reportedDays);

inbox.faults.add({ phase: 'rcpt', to: `@${refusedDomain}`, action: { kind: 'reply', text: '550 5.1.1 no such mailbox' } });
inbox.faults.add({ phase: 'dot', probability: 0.01, action: { kind: 'delay', delayMs: 100 } });

say(`Two daemons run the month of ${month.billing} as its scheduler says; the calendar is moved when nothing is left to do`);
const greylisting = {
  phase: 'rcpt',
  to: `@${greylistedDomain}`,
  action: { kind: 'reply', text: '451 4.7.1 greylisted, come back later' },
} as const;
const workers = started.adopt(new Workers({ ...environment, ...pace }, calendar), (all) => all.close());
await Promise.all([workers.start('worker-1'), workers.start('worker-2')]);
const watched: Watched = { database, bus, now: () => calendar.now() };
const [firstDispatch = ''] = month.dispatchDays;
const mishaps = new Map<string, Mishap>([
  [firstDay(month.billing), { during: 'settling', progress: () => settledPart(database), victim: 'worker-1', successor: 'worker-3' }],
  [firstDispatch, { during: 'delivering', progress: () => mailedPart(database, firstDispatch), victim: 'worker-2', successor: 'worker-4' }],
]);
let poison = 0;
let stopGreylisting = (): void => undefined;

tellMoments();
await untilAtRest();
const tradingAt = seoulInstant(dayOf(month.billing, 10), '14:00');
await liveUntil(tradingAt);
await workers.moveTo(tradingAt);
const trading: Trading[] = [await reportFills(true)];
const { history, links } = await trade();
const end = seoulInstant(firstDay(month.next));
await liveUntil(end);

say('The mail servers have had their say. What is left is for a person: an operator looks, and decides');
const operator = await anOperator();
await operator.types('dead-letters', 'list');
const [unknown] = (await operator.asks<{ bills: readonly { bill: string }[] }>('billing', 'unknown')).bills;
await operator.types('billing', 'unknown', '--limit', '5');
if (unknown !== undefined) {
  await operator.types('billing', 'resolve', '--as', 'resend', '--bills', unknown.bill, '--reason', 'the member says that no mail came');
}
const refused = await refusedMember(database);
if (refused !== undefined) {
  await operator.types('billing', 'sms', '--public-info-id', refused, '--reason', 'the address does not exist, the member was asked');
}
await untilAtRest();
tellMoments();
tellMoment(calendar.now(), await billsByStatus(database), []);
// What is sent again by a person still respects the member's hours.
await liveUntil(end);
trading.push(await reportFills(false));
say(`Redis has lost ${await loseBalances(stack.redis.url)} keys: what it shows of deposits is made again from the ledger`);
await operator.types('deposits', 'rebuild', '--reason', 'Redis has lost balances');
await untilAtRest();
await operator.types('deposits', 'check');
const reported = await closeStatistics(database, operator, reportedDays);

if (keep) await lookAround(operator);
say('The month is over: the daemons drain');
const drained = await Promise.all(
  workers.running.map(async (worker) => {
    const metrics = await (await fetch(`${worker.adminUrl}/metrics`)).text();
    return { counts: countsOf(metrics).map((row) => ({ worker: worker.name, ...row })), exitCode: await worker.stop() };
  }),
);
const tradeChecks = [
  ...(await closeShop({ database, gateways, inbox })),
  ...(await closeBusinesses({ database, bank, history })),
  ...(await closePartners({ database, redisUrl: stack.redis.url, bank, asked: links })),
  ...(await closeTraders({ database, redisUrl: stack.redis.url, trading })),
  reported,
];
const checks = await showClosing({
  ...{ database, inbox, crowd, poison },
  counts: drained.flatMap(({ counts }) => counts),
  exitCodes: drained.map(({ exitCode }) => exitCode),
  mostUnknown: concurrency + recordSize,
  also: tradeChecks,
});
const seconds = (performance.now() - startedMs) / 1_000;
if (report !== undefined) writeFileSync(report, JSON.stringify({ members: memberCount, seconds, checks }, null, 2));
const broken = checks.filter(({ holds }) => !holds);
say(
  broken.length === 0
    ? `Every number adds up. ${seconds.toFixed(1)} s in all.`
    : `${broken.length} of ${checks.length} checks do not hold.`,
);
if (!keep)
  console.log('npm run demo -- --keep keeps everything running, to look around on the console, with the command line and in the inbox.');
process.exitCode = broken.length === 0 ? 0 : 1;

/** Somebody with a token of their own, at the admin port of a daemon. */
async function anOperator(): Promise<Operator> {
  const words = ['tokens', 'create', '--name', 'demo-operator', '--role', 'operator', '--reason', 'for the demo'];
  const { token } = await new Operator(environment).asks<{ token: string }>(...words);
  return new Operator({ ...environment, WEIR_ADMIN_URL: workers.running[0]?.adminUrl ?? '', WEIR_TOKEN: token });
}

/** Waits for Ctrl-C, and says what there is to be seen. */
async function lookAround(at: Operator): Promise<void> {
  say('Everything keeps running until Ctrl-C. To look around, in another terminal:');
  console.log(`${at.variables.map((line) => `export ${line}`).join('\n')}
npm run weir -- billing unknown
npm run weir -- job list
npm run weir -- schedule list
Console: ${workers.running[0]?.adminUrl ?? ''}/ (log in with the token above)
Mails: ${inbox.httpUrl}/messages   SMS: ${stack.sms.url}/messages   Metrics: ${workers.running.map(({ adminUrl }) => `${adminUrl}/metrics`).join(' ')}`);
  await once(process, 'SIGINT');
}

/** Lives every moment before an instant at which there is something to do. */
async function liveUntil(instant: Date): Promise<void> {
  for (let moment = await nextMoment(watched, instant); moment !== undefined; moment = await nextMoment(watched, instant))
    await live(moment);
}

/** Exchanges report what customers have traded in the last days. */
async function reportFills(isShared: boolean): Promise<Trading> {
  const reported = await reportTrades({ redisUrl: stack.redis.url, now: calendar.now(), isShared });
  say(`Exchanges report ${reported.fills} fills of overseas trades, some twice, ${reported.cancelled} of them taken back`);
  await untilAtRest();
  return reported;
}

/** A shop's orders hang, businesses send each other money, accounts are linked to partners; a daemon is killed in the middle of that. */
async function trade(): Promise<{ readonly history: ClientHistory; readonly links: LinksAsked }> {
  const requests = remittances();
  say(
    `${orderCount} orders of a shop hang, and ${businesses.length} businesses send each other money ${requests.length} times; gateways and the bank make trouble`,
  );
  const accounts = businesses.map(({ account }) => account);
  const words = ['callers', 'create', '--name', 'demo', '--account', ...accounts, '--reason', 'for the demo'];
  const { token } = await new Operator(environment).asks<{ token: string }>(...words);
  const apiUrl = (): string => workers.running.at(-1)?.apiUrl ?? '';
  outside.callBackTo(apiUrl());
  troubleGateways(gateways);
  troubleBank(bank);
  await hangOrders({ database, keyRing, gateways, now: calendar.now() });
  const links = await askLinks(stack.redis.url, bank);
  say(`Programs ask for ${linkCount} links of accounts to partners, in ${links.entries} entries of a Redis stream`);
  const [history] = await Promise.all([
    sendAll(apiUrl, token, requests),
    callBack(gateways),
    killInTheMiddle(workers, {
      ...{ during: 'remitting', victim: 'worker-3', successor: 'worker-5' },
      progress: () => endedPart(database),
    }).then((told) => {
      outside.callBackTo(apiUrl());
      bank.closeAccount(accounts.at(-1) ?? '');
      console.log(`  ${told}; the bank closes an account`);
    }),
  ]);
  await untilAtRest();
  return { history, links };
}

/** Moves the calendar to a fire time and waits until everything that it sets going has come to rest. */
async function live(moment: Date): Promise<void> {
  const day = seoulDay(moment);
  const isDispatch = month.dispatchDays.includes(day) && seoulInstant(day).getTime() === moment.getTime();
  stopGreylisting();
  // On the first try of a night, as mail servers do that want to see who comes back.
  if (isDispatch) stopGreylisting = inbox.faults.add(greylisting);
  await workers.moveTo(moment);
  if (day === firstDispatch && isDispatch) poison = await writePoison(stack);
  const mishap = isDispatch || day === firstDay(month.billing) ? mishaps.get(day) : undefined;
  mishaps.delete(day);
  if (mishap !== undefined) console.log(`  ${await killInTheMiddle(workers, mishap)}`);
  await untilAtRest();
  tellMoment(calendar.now(), await billsByStatus(database), await firedAt(watched, moment));
}

async function untilAtRest(): Promise<void> {
  const limitMs = performance.now() + 120_000;
  for (;;) {
    const moving = await movement(watched);
    if (moving === undefined) return;
    if (performance.now() > limitMs) throw new Error(`the daemons did not come to rest within two minutes: there is ${moving}`);
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}
