import { Logger, run, runMigrations, type Runner } from 'graphile-worker';
import type { Sink } from '../../src/connectors/sink.ts';
import { outboxTopic, type Rival } from './rival.ts';

/** What its documentation names for the highest rate. */
const fastest = {
  ...{ concurrentJobs: 24, maxPoolSize: 25 },
  ...{ localQueue: { size: 500 }, completeJobBatchDelay: 0, failJobBatchDelay: 0 },
};

const silent = new Logger(() => () => undefined);

/** What a job holds. */
interface Job {
  readonly key: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly value: string;
}

/** graphile-worker: a job for each message, without a queue, so that 24 are published at once and in no order. */
export const graphileQueue: Rival = {
  share: 1,
  makeTables: (_database, url) => runMigrations({ connectionString: url, logger: silent }),
  fill: async (database, count) => {
    await database.execute('TRUNCATE graphile_worker._private_jobs');
    await database.query({ text: addJobs, values: [outboxTopic.name, count] });
    await database.execute('VACUUM ANALYZE graphile_worker._private_jobs');
  },
  publish: (_database, url, sink, count) => publishJobs(url, sink, count),
  waiting: 'SELECT count(*) AS waiting FROM graphile_worker._private_jobs',
};

/** Runs a worker until it has published so many, and deleted their jobs. */
async function publishJobs(url: string, sink: Sink, count: number): Promise<void> {
  const { promise: finished, resolve: finish } = Promise.withResolvers<undefined>();
  let left = count;
  const publish = async (payload: unknown): Promise<void> => {
    const { key, headers, value } = payload as Job;
    await sink.write([{ key, value: Buffer.from(value), headers: new Map(Object.entries(headers)) }]);
    left -= 1;
    if (left === 0) finish(undefined);
  };
  const preset = { worker: { connectionString: url, ...fastest } };
  const runner: Runner = await run({ preset, taskList: { [outboxTopic.name]: publish }, logger: silent, noHandleSignals: true });
  await Promise.race([finished, runner.promise]);
  await runner.stop();
}

const addJobs = `
  SELECT count(*) FROM graphile_worker.add_jobs(ARRAY(
    SELECT json_populate_record(NULL::graphile_worker.job_spec, json_build_object('identifier', $1::text, 'payload', json_build_object(
      'key', 'order ' || n % 10000, 'headers', json_build_object('weir-event-id', n::text), 'value', repeat('x', 300))))
    FROM generate_series(1, $2::integer) AS n))`;
