import { Client } from 'pg';
import { beforeAll, describe, it } from 'vitest';
import { through } from '../crash/through.ts';
import { aMonth, type AMonth } from '../daemon/aMonth.ts';
import { aPost, type APost } from './aPost.ts';
import { aWatchedWeir } from './aWatchedWeir.ts';
import { areWatched, onCall, type OnCall } from './onCall.ts';
import { patiently } from './patiently.ts';

/** Few mails at once, and breakers that bear with a system that fails most of the time, but not with one that is away. */
const patient = {
  WEIR_BILLING_DELIVER_SEND_CONCURRENCY: '4',
  WEIR_BILLING_DELIVER_WINDOW: '20',
  WEIR_BILLING_DELIVER_MAX_SPAN: '200',
  WEIR_BREAKERS_FAILURES_IN_AROW: '50',
  WEIR_BREAKERS_FAILURE_SHARE: '0.9',
  WEIR_BREAKERS_PROBE_MAX_MS: '1000',
};

describe.skipIf(!areWatched)('whoever is on call for what moves', () => {
  let duty: OnCall;
  let month: AMonth;
  let post: APost;
  let database: Awaited<ReturnType<typeof through>>;

  beforeAll(async () => {
    month = await aMonth();
    // Two of five have an address whose server fails.
    post = await aPost(month, 700, (index) => (index % 5 < 2 ? 'flaky.example' : 'mail.example'));
    database = await through(month.environment['WEIR_DATABASE_URL']);
    const weir = await aWatchedWeir({ ...month.environment, ...patient, WEIR_DATABASE_URL: database.url });
    duty = await onCall({ weir: [weir.target] });
  });

  it('reads by day of a message that was put aside', async () => {
    await duty.sees({
      alert: 'WeirDeadLetters',
      labels: { pipeline: 'billing.deliver' },
      cause: () => post.redis.xadd('queuing.billing.email.send', '*', 'key', 'poison', 'value', 'x'),
      heal: () => undefined,
    });
  });

  it('reads by day of mails that come faster than a slow server takes them, until it takes them', async () => {
    let isGrowing = true;
    const grow = async (): Promise<void> => {
      while (isGrowing) {
        await post.repeat(20);
        await new Promise((resolve) => setTimeout(resolve, 200));
      }
    };
    const lag = async (): Promise<number | undefined> => (await duty.ask('weir_pipeline_lag{pipeline="billing.deliver"}'))[0]?.value;
    let growth: Promise<void> | undefined;
    let quicken: (() => void) | undefined;
    await duty.sees({
      alert: 'WeirLagGrows',
      labels: { pipeline: 'billing.deliver' },
      cause: async () => {
        quicken = month.inbox.faults.add({ phase: 'mail', action: { kind: 'delay', delayMs: 5_000 } });
        await post.deliver(150);
        // More than an hour's work of a server that takes four mails in five seconds.
        await post.repeat(3_500);
        growth = grow();
      },
      heal: async () => {
        isGrowing = false;
        await growth;
        quicken?.();
        await patiently('nothing waits', async () => (await lag()) === 0);
      },
    });
  });

  it('is paged about bills that a forgotten transaction holds, until it ends', async () => {
    const client = new Client({ connectionString: month.environment['WEIR_DATABASE_URL'] });
    await client.connect();
    await duty.sees({
      alert: 'WeirNoProgress',
      labels: { pipeline: 'billing.deliver' },
      cause: async () => {
        await client.query('BEGIN; LOCK TABLE billing.billing_p IN SHARE ROW EXCLUSIVE MODE');
        await post.deliver(10);
      },
      heal: () => client.end(),
    });
  });

  it('is paged once about a mail server that is away, and not about the bills that wait for it, until it is back', async () => {
    await duty.sees({
      alert: 'WeirDependencyAway',
      labels: { dependency: 'smtp' },
      cause: async () => {
        await month.inbox.refuseConnections();
        month.inbox.cutConnections();
        await post.deliver(80);
        // For as long as work that stands for another reason would have been told of.
        const standing = 'min_over_time(weir_pipeline_in_flight{pipeline="billing.deliver"}[15s]) > 0';
        const shut = 'min_over_time(weir_breaker_state{dependency="smtp"}[15s]) > 0';
        await patiently('it has been away', async () => (await duty.ask(`${standing} and on () ${shut}`)).length > 0);
      },
      heal: () => month.inbox.acceptConnections(),
    });
  });

  it('reads by day of a mail server that fails every other time, until it does not', async () => {
    let mend: (() => void) | undefined;
    await duty.sees({
      alert: 'WeirRetryStorm',
      labels: { pipeline: 'billing.deliver', stage: 'send' },
      cause: async () => {
        mend = month.inbox.faults.add({ phase: 'rcpt', to: '@flaky.example', action: { kind: 'cut' } });
        await post.deliver(400);
      },
      heal: () => mend?.(),
    });
  });

  it('is paged once about a database that gives no answer, and not about the work that stands, until it does', async () => {
    await duty.sees({
      alert: 'WeirDatabaseAway',
      follows: ['WeirNoProgress', 'WeirGaugesSilent'],
      cause: async () => {
        database.proxy.hole();
        await post.deliver(20);
      },
      heal: () => {
        database.proxy.pass();
        database.proxy.cut();
      },
    });
  });
});
