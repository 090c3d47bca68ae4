import { Queue, Worker } from 'bullmq';
import type { Entrant } from '../benchmark.ts';
import type { BenchStream } from './benchStream.ts';
import { concurrency } from './readByChain.ts';

/** BullMQ is so much slower that a part of the work tells its rate. */
const share = 0.1;

/** BullMQ over a tenth of the entries, each a job with the same content, a hundred at once; handling does nothing. */
export function bullmq(url: string, wholeSize: number, { valueOf }: BenchStream): Entrant {
  const size = Math.max(1, Math.round(wholeSize * share));
  const { hostname: host, port, password } = new URL(url);
  const connection = { host, port: Number(port), password, maxRetriesPerRequest: null };
  const jobOf = (number: number): Parameters<Queue['addBulk']>[0][number] => ({
    name: 'handle',
    data: JSON.parse(valueOf(number)) as unknown,
    opts: { removeOnComplete: true },
  });
  return {
    prepare: async () => {
      const queue = new Queue('bench', { connection });
      for (let added = 0; added < size;) {
        const length = Math.min(1_000, size - added);
        await queue.addBulk(Array.from({ length }, (_, index) => jobOf(added + index)));
        added += length;
      }
      await queue.close();
    },
    run: async () => {
      const worker = new Worker('bench', () => Promise.resolve(), { connection, concurrency, autorun: false });
      const { promise, resolve, reject } = Promise.withResolvers<undefined>();
      let completedJobs = 0;
      worker.on('completed', () => {
        completedJobs += 1;
        if (completedJobs === size) resolve(undefined);
      });
      worker.on('error', reject);
      worker.run().catch(reject);
      await promise;
      await worker.close();
      return completedJobs;
    },
  };
}
