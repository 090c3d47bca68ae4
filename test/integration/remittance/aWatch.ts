import { createIdentifiers } from '../../../pipelines/shared/identifiers.ts';
import { lateClaimStore } from '../../../pipelines/remittance/lateClaimStore.ts';
import { lateRecordStore } from '../../../pipelines/remittance/lateRecordStore.ts';
import { lateStore } from '../../../pipelines/remittance/lateStore.ts';
import { watch, type LateChat, type WatchPorts } from '../../../pipelines/remittance/watch.job.ts';
import { watchOptions } from '../../../pipelines/remittance/watchOptions.ts';
import { seoulMinute } from '../../../pipelines/shared/seoulTime.ts';
import { startSlack, type Slack } from '../../../simulators/slack.ts';
import type { Database } from '../../../src/connectors/database.ts';
import { openChat } from '../../../src/connectors/http/openChat.ts';
import type { Clock } from '../../../src/message/clock.ts';
import { realClock } from '../../../src/runtime/clock.ts';
import type { JobEnd } from '../../../src/runtime/jobs/jobSpec.ts';
import { runJob } from '../../../src/runtime/jobs/runJob.ts';
import { silent } from '../../support/aSpec.ts';
import { atTheEnd } from '../../support/atTheEnd.ts';
import { openGate } from '../../support/openGate.ts';
import { aLedger, type ALedger } from './aLedger.ts';

/** A ledger, a chat that misbehaves as it is told, and whoever watches over the one and tells the other. */
export interface AWatch extends ALedger {
  readonly slack: Slack;
  readonly chat: LateChat;
  /** Reasons and numbers of requests of which perhaps nobody was told. */
  readonly untold: (readonly [reason: string, remittances: number])[];
  /** Ports as a process has them, over its own view of the database. */
  ports(database?: Database, chat?: LateChat | null): WatchPorts;
  /** Runs the job to its end, as of the calendar's minute. */
  watch(ports?: WatchPorts, by?: Watcher): Promise<JobEnd>;
  /** What the chat was told, in the order in which it came. */
  texts(): readonly string[];
}

export interface Watcher {
  readonly holder?: string;
  readonly clock?: Clock;
  readonly database?: Database;
  readonly options?: object;
}

const settings = {
  ...{ partitions: 4, leaseMs: 3_000, heartbeatMs: 300, pollMs: 20, pageSize: 100, window: 300, maxSpan: 300 },
  ...{ restart: { firstMs: 5, maxMs: 20 }, maxFailures: 3, stopTimeoutMs: 2_000 },
};

const hasty = {
  send: { timeLimitMs: 5_000, holdMs: 20, retry: { maxRetries: 1, firstDelayMs: 1, maxDelayMs: 1 } },
  record: { maxWaitMs: 1 },
};

/** Opens a ledger that is watched. */
export async function aWatch(): Promise<AWatch> {
  const ledger = await aLedger();
  const { now, database } = ledger;
  const slack = await startSlack();
  atTheEnd(() => slack.close());
  const chat = openChat({ url: `${slack.url}/services/alerts`, clock: realClock });
  const own: LateChat = { post: (text, signal) => chat.post(text, signal), gate: openGate('chat') };
  const identifiers = createIdentifiers({ now, random: () => realClock.random(), node: 3 });
  const untold: [string, number][] = [];
  const tellUntold = (reason: string, remittances: number): void => {
    if (remittances > 0) untold.push([reason, remittances]);
  };
  const ports: AWatch['ports'] = (over = database, lateChat = own) => ({
    late: {
      ...lateStore(over, { now, tellUntold }),
      ...lateClaimStore(over, { now, identifiers }),
      ...lateRecordStore(over, { now, tellUntold }),
    },
    lateChat: lateChat ?? undefined,
  });
  return {
    ...{ ...ledger, slack, untold, ports, chat: own },
    texts: () => slack.posts().map(({ text }) => text),
    empty: async () => {
      await ledger.empty();
      await database.execute('TRUNCATE weir.job_run CASCADE');
      slack.clear();
      slack.faults.clear();
      untold.length = 0;
    },
    watch: (given = ports(), { holder = 'test', clock = { ...realClock, now }, database: over = database, options = {} } = {}) =>
      runJob({
        ...{ job: watch, ports: given, key: seoulMinute(now()), database: over, clock, settings, log: silent, holder },
        options: watchOptions.parse({ ...hasty, ...options }),
        meter: { stage: () => undefined, retried: () => undefined, deadLettered: () => undefined },
        parts: new Set(),
        draining: new AbortController().signal,
        signal: new AbortController().signal,
      }),
  };
}
