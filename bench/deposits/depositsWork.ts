import { tap } from 'rxjs';
import type { DepositsPorts } from '../../pipelines/deposits/deposits.system.ts';
import { rebuild } from '../../pipelines/deposits/rebuild.job.ts';
import { settle } from '../../pipelines/deposits/settle.job.ts';
import { stage } from '../../pipelines/deposits/stage.pipeline.ts';
import { systems } from '../../pipelines/index.ts';
import { openDatabaseOf, openHouse } from '../../src/commandLine/openHouse.ts';
import { joinedSchema, optionsOf, type Options } from '../../src/commandLine/joinedOptions.ts';
import { realClock } from '../../src/runtime/clock.ts';
import { runChain } from '../../src/runtime/runChain.ts';
import { benchLog, benchMetrics, chainParts, completed } from '../chainParts.ts';
import { runWholeJob } from '../runWholeJob.ts';
import { night } from './fillDeposits.ts';

/** A piece of work on deposits: the job of the night, the job that has Redis show all again, or so many trades from the stream. */
export type DepositsWork = 'settle' | 'rebuild' | { readonly trades: number };

/** Where deposits stand. */
export interface DepositsAddresses {
  readonly databaseUrl: string;
  readonly redisUrl: string;
}

/** Does a piece of work as the daemon does it, every option at its default. */
export async function workOnDeposits({ databaseUrl, redisUrl }: DepositsAddresses, work: DepositsWork): Promise<void> {
  const options = optionsOf(
    joinedSchema(systems).parse({
      database: { url: databaseUrl },
      redis: { url: redisUrl },
      smtp: { url: 'smtp://127.0.0.1:9', requireTls: false },
      keys: { ring: `bench:${Buffer.alloc(32).toString('base64')}` },
    }),
  );
  const database = openDatabaseOf(options.process, realClock, benchLog);
  const { house, close } = await openHouse(options.process, database, { clock: realClock, log: benchLog, count: benchMetrics.count });
  const ports = systems.openPorts(house);
  try {
    if (work === 'settle') await runWholeJob(settle, ports, night, database);
    else if (work === 'rebuild') await runWholeJob(rebuild, ports, `${night}T00:01`, database);
    else await stageTrades(ports, options, work.trades);
  } finally {
    await close();
  }
}

/** Stages so many trades that wait on the stream. */
async function stageTrades(ports: DepositsPorts, options: Options, trades: number): Promise<void> {
  const own = stage.options.parse(options.ofPipeline(stage.name));
  const { window, maxSpan } = options.ofPipeline(stage.name);
  let left = 0;
  const countLeft = (): void => {
    left += 1;
    if (left === trades) chain.drain();
  };
  const chain = runChain({
    ...chainParts(stage.name, { window, maxSpan }),
    source: stage.source(ports, own),
    chain: (message$) => stage.chain(message$, ports, own).pipe(tap(countLeft)),
  });
  await completed(chain);
}
