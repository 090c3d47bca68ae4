import { tap } from 'rxjs';
import { deliver } from '../../pipelines/billing/deliver.pipeline.ts';
import { systems } from '../../pipelines/index.ts';
import { openDatabaseOf, openHouse } from '../../src/commandLine/openHouse.ts';
import { joinedSchema, optionsOf } from '../../src/commandLine/joinedOptions.ts';
import { realClock } from '../../src/runtime/clock.ts';
import { runChain } from '../../src/runtime/runChain.ts';
import { benchLog, benchMetrics, chainParts } from '../chainParts.ts';

/** Where bills come from and mails go to. */
export interface Addresses {
  readonly databaseUrl: string;
  readonly redisUrl: string;
  /** The broker of Kafka where that is the bus. */
  readonly kafkaBroker?: string;
  readonly smtpUrl: string;
  readonly ring: string;
}

/**
 * Runs the pipeline `billing.deliver` as the daemon does, every option at its default, until `size` messages have left it; answers how
 * many mails it has sent. The others were put off: where a destination holds its slots too long, a redispatch brings them later.
 */
export async function deliverBills({ databaseUrl, redisUrl, kafkaBroker, smtpUrl, ring }: Addresses, size: number): Promise<number> {
  const tree = joinedSchema(systems).parse({
    database: { url: databaseUrl },
    redis: { url: redisUrl },
    ...(kafkaBroker === undefined ? {} : { bus: { kind: 'kafka' }, kafka: { brokers: kafkaBroker, requireTls: false } }),
    smtp: { url: smtpUrl, requireTls: false },
    keys: { ring },
  });
  const options = optionsOf(tree);
  const database = openDatabaseOf(options.process, realClock, benchLog);
  const { house, close } = await openHouse(options.process, database, { clock: realClock, log: benchLog, count: benchMetrics.count });
  const ports = systems.openPorts(house);
  let left = 0;
  const countLeft = (): void => {
    left += 1;
    if (left === size) chain.drain();
  };
  const own = deliver.options.parse(options.ofPipeline(deliver.name));
  const { window, maxSpan } = options.ofPipeline(deliver.name);
  const chain = runChain({
    ...chainParts(deliver.name, { window, maxSpan }),
    source: deliver.source(ports, own),
    chain: (message$) => deliver.chain(message$, ports, own).pipe(tap(countLeft)),
  });
  try {
    const end = await chain.ended;
    if (end.how === 'failed') throw end.error;
    const { received, done, deferred } = chain.counts();
    if (end.how !== 'completed' || done + deferred !== received)
      throw new Error(`Of ${received} messages ${done} are done, ${deferred} put off.`);
    return done;
  } finally {
    await close();
  }
}
