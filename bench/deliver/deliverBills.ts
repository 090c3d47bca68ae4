import { from, tap, type Observable } from 'rxjs';
import { deliver } from '../../pipelines/billing/deliver.pipeline.ts';
import type { SendableBill, SentBill } from '../../pipelines/billing/delivery.ts';
import { systems } from '../../pipelines/index.ts';
import { openDatabaseOf, openHouse } from '../../src/commandLine/openHouse.ts';
import { joinedSchema, optionsOf } from '../../src/commandLine/systems.ts';
import type { Answer } from '../../src/message/decision.ts';
import { realClock } from '../../src/runtime/clock.ts';
import { runChain } from '../../src/runtime/runChain.ts';
import { benchLog, benchMetrics, chainParts, completed } from '../chainParts.ts';

/** Where bills come from and mails go to. */
export interface Addresses {
  readonly databaseUrl: string;
  readonly redisUrl: string;
  readonly smtpUrl: string;
  readonly ring: string;
}

/** Runs the pipeline `billing.deliver` as the daemon does, every option at its default, until it has sent `size` mails and has recorded them. */
export async function deliverBills({ databaseUrl, redisUrl, smtpUrl, ring }: Addresses, size: number): Promise<void> {
  const tree = joinedSchema(systems).parse({
    database: { url: databaseUrl },
    redis: { url: redisUrl },
    smtp: { url: smtpUrl, requireTls: false },
    keys: { ring },
  });
  const options = optionsOf(tree);
  const database = openDatabaseOf(options.process, realClock, benchLog);
  const { house, close } = await openHouse(options.process, database, { clock: realClock, log: benchLog, count: benchMetrics.count });
  const ports = systems.openPorts(house);
  let sent = 0;
  const send = (bill: SendableBill, signal: AbortSignal): Observable<Answer<SentBill>> =>
    from(ports.mail.send(bill, signal)).pipe(
      tap(() => {
        sent += 1;
        if (sent === size) chain.drain();
      }),
    );
  const own = deliver.options.parse(options.ofPipeline(deliver.name));
  const { window, maxSpan } = options.ofPipeline(deliver.name);
  const chain = runChain({
    ...chainParts(deliver.name, { window, maxSpan }),
    source: deliver.source(ports),
    chain: (message$) => deliver.chain(message$, { ...ports, mail: { ...ports.mail, send } }, own),
  });
  try {
    await completed(chain);
  } finally {
    await close();
  }
}
