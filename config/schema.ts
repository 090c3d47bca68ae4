import { z } from 'zod';
import { address } from './address.ts';
import { option } from './option.ts';
import { serviceOptions } from './services.ts';

const port = z.int().min(0).max(65_535);
const ms = z.int().min(1).max(86_400_000);

/** The options of the process. Those of a pipeline or job stand beside it, and are joined under its name. */
export const processOptions = {
  instance: option(
    z
      .string()
      .max(60)
      .regex(/^[\w.-]*$/, 'letters, digits, dot, dash and underscore')
      .default(''),
    {
      about: 'Name of this process among others: holder of leases, consumer of streams. Empty: host name and process id.',
    },
  ),
  profiles: option(z.array(z.string().min(1)).default([]), {
    about:
      'Which pipelines and jobs this process runs (billing-batch, producer, consumer, payments, remittance, deposits, streams, accounting). Empty: all.',
  }),
  log: z
    .strictObject({
      level: option(z.enum(['debug', 'info', 'warn', 'error']).default('info'), { about: 'Lines below this level are not written.' }),
    })
    .prefault({}),
  admin: z
    .strictObject({
      host: option(z.string().min(1).default('127.0.0.1'), {
        about: 'Address that /metrics, /livez, /readyz and /api listen on. Keep it private: metrics tell about the business.',
      }),
      port: option(port.default(9464), { about: 'Port of /metrics, /livez, /readyz and /api. 0: any free port, written to the log.' }),
    })
    .prefault({}),
  api: z
    .strictObject({
      host: option(z.string().min(1).default('127.0.0.1'), {
        about: 'Address that the public API listens on, behind whatever speaks TLS with the outside.',
      }),
      port: option(z.union([z.literal(''), port]).default(''), {
        about: 'Port of the public API. 0: any free port, written to the log. Empty: this process serves none.',
      }),
      bodyLimitBytes: option(z.int().min(1_024).max(1_048_576).default(65_536), {
        about: 'Largest body of a request. Too small: honest requests are refused; too large: memory, since each connection may send one.',
        unit: 'bytes',
      }),
      requestTimeoutMs: option(ms.min(100).default(10_000), {
        about: 'How long a request may take to arrive. Too small: slow lines are refused; too large: dribbled requests hold connections.',
        unit: 'ms',
      }),
      maxConnections: option(z.int().min(1).max(100_000).default(1_000), {
        about: 'Connections open at once; more are refused. Too small: callers are; too large: memory.',
        unit: 'connections',
      }),
      callerPerSecond: option(z.int().min(1).max(100_000).default(100), {
        about: 'Requests that one caller may send. Too small: honest callers wait; too large: one takes the room of the others.',
        unit: 'requests a second',
      }),
      addressPerSecond: option(z.int().min(1).max(100_000).default(200), {
        about: 'Requests from one address, before it is known who asks. Behind a proxy all share its address: set it for all of them.',
        unit: 'requests a second',
      }),
    })
    .prefault({}),
  database: z
    .strictObject({
      url: option(address(/^postgres(ql)?:\/\//, 'expected postgres://user:password@host:port/name'), {
        about: 'PostgreSQL 18, where bills, jobs and ledgers live.',
        isSecret: true,
      }),
      maxConnections: option(z.int().min(2).max(200).default(12), {
        about: 'Pool of connections. Too small: chunks wait for each other; too large: the server runs out for other processes.',
        unit: 'connections',
      }),
      connectTimeoutMs: option(ms.default(5_000), { about: 'Longest wait for a connection, new or from the pool.', unit: 'ms' }),
      statementTimeoutMs: option(ms.default(30_000), {
        about: 'The server ends a statement that takes longer. Too small: large chunks never pass.',
        unit: 'ms',
      }),
    })
    .strict(),
  redis: z
    .strictObject({
      url: option(address(/^rediss?:\/\//, 'expected redis://user:password@host:port/number'), {
        about: 'Redis 7: staged balances, the streams of programs outside, and the bus of one machine.',
        isSecret: true,
      }),
      timeLimitMs: option(z.int().min(100).max(60_000).default(5_000), {
        about: 'How long one command on keys may take. Too short: large pages fail; too long: a silent Redis is noticed late.',
        unit: 'ms',
      }),
    })
    .strict(),
  bus: z
    .strictObject({
      kind: option(z.enum(['redisStream', 'kafka']).default('redisStream'), {
        about: 'Which broker carries the topics: Redis, for one machine, or Kafka, which kafka.brokers names.',
      }),
      readers: option(z.int().min(1).max(64).default(2), {
        about: 'Readers of a topic in this process, each with its connection. More than partitions of work give nothing.',
        unit: 'readers',
      }),
      idleLimitMs: option(ms.min(1_000).default(30_000), {
        about:
          'How long messages of a reader that gives no sign stay with it; another takes them within twice that. Too small: a busy process loses live work; too large: work of a dead one waits.',
        unit: 'ms',
      }),
    })
    .prefault({}),
  kafka: z
    .strictObject({
      brokers: option(
        z
          .union([z.literal(''), z.string().regex(/^[\w.-]+:\d{1,5}(,[\w.-]+:\d{1,5})*$/, 'expected host:port, commas between')])
          .default(''),
        {
          about: 'Brokers to begin with, commas between. Needed where bus.kind is kafka.',
        },
      ),
      requireTls: option(z.boolean().default(true), {
        about: 'Speaks TLS with the brokers. Off only towards a broker on this machine.',
      }),
      user: option(z.string().default(''), { about: 'User, by SASL SCRAM-SHA-512. Empty: none.' }),
      password: option(z.string().default(''), { about: 'Its password.', isSecret: true }),
      replicas: option(z.int().min(1).max(9).default(1), {
        about: 'Copies of each partition of the topics that weir migrate makes; 3 in production. All but one of them must have a message.',
        unit: 'brokers',
      }),
      sessionTimeoutMs: option(ms.min(1_000).default(30_000), {
        about:
          'How long a process may give no sign until others take its partitions. Too small: a busy process loses live work; too large: work of a dead one waits.',
        unit: 'ms',
      }),
      rebalanceTimeoutMs: option(ms.min(1_000).default(60_000), {
        about:
          'How long a group waits for its members when partitions move; half of it is for work in flight. The same in all daemons of a group. Too small: work is done twice; too large: one that hangs holds up all.',
        unit: 'ms',
      }),
    })
    .prefault({}),
  smtp: z
    .strictObject({
      url: option(address(/^smtps?:\/\//, 'expected smtp://user:password@host:port'), {
        about: 'Where mail is handed in.',
        isSecret: true,
      }),
      requireTls: option(z.boolean().default(true), {
        about: 'Refuses a server that does not offer TLS. Off only towards a server on this machine.',
      }),
      maxConnections: option(z.int().min(1).max(200).default(40), {
        about: 'Dialogues open at once. Too few: mails wait for one, claimed already; too large: providers answer 421.',
        unit: 'connections',
      }),
      from: option(z.email().default('billing@weir.example'), { about: 'Sender of bills; its domain also ends their Message-ID.' }),
      fromName: option(z.string().min(1).max(100).default('Weir Telecom'), { about: 'Name of the sender.' }),
    })
    .strict(),
  ...serviceOptions,
  keys: z
    .strictObject({
      ring: option(z.string(), {
        about: 'Keys of personal data: id:base64 of 32 bytes, comma between; the first encrypts, all decrypt.',
        isSecret: true,
      }),
    })
    .strict(),
  breakers: z
    .strictObject({
      failuresInARow: option(z.int().min(1).max(1_000).default(5), {
        about:
          'Calls of an outside system (smtp, sms, chat, card, transfer, wallet, bank) that fail one after the other until all that need it wait. Too small: a passing fault stops all; too large: more work is put off while it is away.',
        unit: 'calls',
      }),
      failureShare: option(z.number().min(0.01).max(0.99).default(0.5), {
        about: 'The share of the last calls that may fail. Too small: a system with few faults is not used; too large: one half down is.',
      }),
      calls: option(z.int().min(1).max(10_000).default(50), {
        about: 'Calls that the share is reckoned over. Too small: chance decides; too large: trouble is noticed late.',
        unit: 'calls',
      }),
      probeFirstMs: option(ms.default(1_000), {
        about: 'First wait before it is asked whether the system is back. Too small: it is pressed; too large: work waits longer.',
        unit: 'ms',
      }),
      probeMaxMs: option(ms.default(30_000), {
        about:
          'Longest such wait; it doubles with each try. Too small: a system that is down for hours is pressed; too large: work waits longer.',
        unit: 'ms',
      }),
    })
    .prefault({}),
  runtime: z
    .strictObject({
      stopGraceMs: option(ms.default(30_000), {
        about: 'How long a drain may take after SIGTERM before the rest is released. Keep below the service manager’s own limit.',
        unit: 'ms',
      }),
      stopTimeoutMs: option(ms.default(20_000), {
        about: 'How long effects may take to end once they are cut; past it the process exits, since a new run would work beside them.',
        unit: 'ms',
      }),
      restartFirstMs: option(ms.default(200), { about: 'First back-off before a failed pipeline starts again.', unit: 'ms' }),
      restartMaxMs: option(ms.default(30_000), { about: 'Longest back-off before a failed pipeline starts again.', unit: 'ms' }),
      standingLimitMs: option(ms.min(1_000).default(120_000), {
        about: '/livez turns red when a pipeline has work and ends none of it for so long. Keep above the longest time limit of an effect.',
        unit: 'ms',
      }),
    })
    .prefault({}),
  jobs: z
    .strictObject({
      leaseMs: option(ms.default(15_000), {
        about:
          'How long a partition stays with a process that says nothing. Too small: a slow chunk loses it; too large: takeover is late.',
        unit: 'ms',
      }),
      partitionsAtOnce: option(z.int().min(1).max(32).default(4), {
        about: 'Partitions of a job that this process works on at once. More than twice the processors gives nothing.',
        unit: 'partitions',
      }),
      pageSize: option(z.int().min(1).max(50_000).default(1_000), {
        about: 'Rows that a partition reads at once. Too small: more queries; too large: memory.',
        unit: 'rows',
      }),
      pollMs: option(ms.default(1_000), {
        about: 'How often due schedules, open runs and partitions of dead processes are looked for. Large: they begin so much later.',
        unit: 'ms',
      }),
      maxFailures: option(z.int().min(1).max(1_000).default(8), {
        about: 'Failures of a partition in a row that fail its run. Too small: a short outage of the database does.',
        unit: 'failures',
      }),
      keepDays: option(z.int().min(1).max(36_500).default(90), {
        about:
          'How long the traces of jobs that run every few minutes are kept: their ended runs, and their fires. Runs that complete once for good are never deleted.',
        unit: 'days',
      }),
    })
    .prefault({}),
  outbox: z
    .strictObject({
      pollMs: option(ms.default(1_000), {
        about: 'How often outboxes are looked at that nobody told of. Large: what was not told is published so much later.',
        unit: 'ms',
      }),
      inboxKeepDays: option(z.int().min(1).max(36_500).default(90), {
        about:
          'How long a consumer knows an event that it has had. Too small: one that the bus still delivers, or that is replayed, counts twice; too large: disk.',
        unit: 'days',
      }),
    })
    .prefault({}),
};
