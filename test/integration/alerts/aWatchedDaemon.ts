import { expect } from 'vitest';
import { seoulMinute } from '../../../pipelines/shared/seoulTime.ts';
import type { PostgresDatabase } from '../../../src/connectors/postgres/openDatabase.ts';
import { createToken } from '../../../src/console/apiTokens.ts';
import { say } from '../../commandLine/aPlace.ts';
import { startWeir, type WeirProcess } from '../../support/weirProcess.ts';
import { eventually } from '../daemon/eventually.ts';
import { answersInTime } from './answersInTime.ts';
import { onCall, type OnCall } from './onCall.ts';
import { patiently } from './patiently.ts';

/** A running daemon, who is on call for it, and the operator who mends what is told. */
export interface WatchedDaemon extends OnCall {
  readonly weir: WeirProcess;
  /** `http://host:port` of its public API. */
  readonly apiUrl: string;
  /** The operator gives the daemon a command of `weir`, with a reason; it must succeed. */
  does(...words: readonly string[]): Promise<void>;
  /** The operator has a job run under a key, and waits until it has completed. */
  runs(job: string, key: string): Promise<void>;
  /** The same of a job that looks for whatever is due, as of an hour ahead or more: what is to be tried later is due. */
  sweeps(job: string): Promise<void>;
  /** Waits until an alert fires, in the midst of a fault of which it is the first. */
  fires(alert: string): Promise<void>;
}

/** Where a daemon runs. */
export interface WatchedPlace {
  readonly environment: Readonly<Record<string, string>>;
  readonly database: PostgresDatabase;
}

/** Starts a daemon with these words behind `run`. Resolves when it is ready and has been asked by Prometheus. */
export async function aWatchedDaemon({ environment, database }: WatchedPlace, ...words: readonly string[]): Promise<WatchedDaemon> {
  const weir = startWeir({ ...environment, WEIR_API_PORT: '0' }, 'run', ...words);
  const adminUrl = await weir.adminUrl();
  await eventually('it is ready', async () => (await weir.ask('/readyz')).status === 200);
  await answersInTime(weir);
  const token = await createToken(database, { name: 'kim', role: 'operator', at: new Date(), by: 'test' });
  const does: WatchedDaemon['does'] = async (...command) => {
    const place = { WEIR_ADMIN_URL: adminUrl, WEIR_TOKEN: token };
    const { exitCode, errors } = await say([...command, '--reason', 'it was told'], place);
    expect(exitCode, errors).toBe(0);
  };
  const runs: WatchedDaemon['runs'] = async (job, key) => {
    await does('job', 'run', job, '--key', key);
    const text = `SELECT FROM weir.job_run WHERE job = $1 AND key = $2 AND status = 'COMPLETED'`;
    await eventually(`${job}:${key} has completed`, async () => (await database.query({ text, values: [job, key] })).length === 1);
  };
  let aheadMinutes = 60;
  const duty = await onCall({ weir: [new URL(adminUrl).host] });
  return {
    ...{ ...duty, weir, does, runs },
    fires: async (alert) => {
      const query = `ALERTS{alertname="${alert}", alertstate="firing"}`;
      await patiently(`${alert} fires`, async () => (await duty.ask(query)).length > 0);
    },
    apiUrl: String((await weir.logged('public API open'))['address']),
    sweeps: (job) => {
      aheadMinutes += 1;
      return runs(job, seoulMinute(new Date(Date.now() + aheadMinutes * 60_000)));
    },
  };
}
