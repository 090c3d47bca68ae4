import { setTimeout as delay } from 'node:timers/promises';
import { benchStream } from '../redisStream/benchStream.ts';
import type { Arrangement, Connections } from './arrangement.ts';

const { name: stream, group } = benchStream;

/** As the connector's defaults: how long a read blocks, and entries of one read. */
const blockMs = 2_000;
const readCount = 500;

/** Waits between reads that poll and find nothing, from the first to the last. */
const pollMs = { first: 5, last: 1_000 };

/** Readers without handling, back-pressure, or anything for a failure. */
export interface PlainReading {
  /** Resolves when so many entries are acknowledged. */
  readonly acknowledged: (count: number) => Promise<void>;
  /** Lets each reader end with its present read, and waits for that. */
  readonly stop: () => Promise<void>;
}

/** Starts readers that acknowledge what they have read at once, by one command for each read. */
export function readPlainly(connections: Connections, { isBlocking }: Arrangement, readers: number): PlainReading {
  let [isStopped, acknowledged] = [false, 0];
  let awaited: { readonly count: number; readonly resolve: () => void } | undefined;

  const read = async (index: number): Promise<void> => {
    let waitMs = pollMs.first;
    while (!isStopped) {
      const block = isBlocking ? ['BLOCK', blockMs] : [];
      const client = connections.reader(index);
      const reply = await client.call(
        'XREADGROUP',
        'GROUP',
        group,
        `reader-${index}`,
        'COUNT',
        readCount,
        ...block,
        'STREAMS',
        stream,
        '>',
      );
      const [[, entries]] = (reply ?? [[stream, []]]) as [[string, [string, string[]][]]];
      if (entries.length > 0) {
        const done = await connections.command().xack(stream, group, ...entries.map(([id]) => id));
        acknowledged += done;
        if (awaited && acknowledged >= awaited.count) awaited.resolve();
        waitMs = pollMs.first;
      } else if (!isBlocking) {
        await delay(waitMs);
        waitMs = Math.min(pollMs.last, waitMs * 2);
      }
    }
  };
  const running = Promise.all(Array.from({ length: readers }, (_, index) => read(index)));

  return {
    acknowledged: (count) => {
      const reached = new Promise<void>((resolve) => (awaited = { count, resolve }));
      if (acknowledged >= count) awaited?.resolve();
      return Promise.race([reached, running.then(() => undefined)]);
    },
    stop: async () => {
      isStopped = true;
      await running;
    },
  };
}
