import { tap } from 'rxjs';
import { register } from '../../pipelines/accountLinks/register.pipeline.ts';
import { systems } from '../../pipelines/index.ts';
import { joinedSchema, optionsOf } from '../../src/commandLine/joinedOptions.ts';
import { openBus } from '../../src/commandLine/openBus.ts';
import { breaker } from '../../src/runtime/breaker.ts';
import { realClock } from '../../src/runtime/clock.ts';
import { runChain } from '../../src/runtime/runChain.ts';
import { benchLog, chainParts, completed } from '../chainParts.ts';
import type { LinksInMemory } from './linksInMemory.ts';

/**
 * Runs the pipeline `accountLinks.register` on the bus of the daemon, behind the bank's breaker, every option at its default, until `size`
 * requests have left it. Answers how many are done: all of them, else it throws.
 */
export async function registerLinks(redisUrl: string, size: number, { links, bank }: LinksInMemory): Promise<number> {
  const tree = joinedSchema(systems).parse({
    // The database and the mail server are never connected to.
    database: { url: 'postgres://127.0.0.1/nowhere' },
    smtp: { url: 'smtp://127.0.0.1' },
    redis: { url: redisUrl },
    keys: { ring: `bench:${Buffer.alloc(32, 7).toString('base64')}` },
  });
  const options = optionsOf(tree);
  const { probeFirstMs, probeMaxMs, ...limits } = options.process.breakers;
  const facts = { clock: realClock, log: benchLog };
  const gate = breaker({ ...limits, ...facts, name: 'bank', probing: { firstMs: probeFirstMs, maxMs: probeMaxMs } });
  const bus = openBus(options.process, realClock, benchLog);
  const ports = { bus, links, registrationBank: { bank, gate } };
  let left = 0;
  const countLeft = (): void => {
    left += 1;
    if (left === size) chain.drain();
  };
  const own = register.options.parse(options.ofPipeline(register.name));
  const { window, maxSpan } = options.ofPipeline(register.name);
  const chain = runChain({
    ...chainParts(register.name, { window, maxSpan }),
    source: register.source(ports, own),
    chain: (message$) => register.chain(message$, ports, own).pipe(tap(countLeft)),
  });
  try {
    await completed(chain);
  } finally {
    gate.stop();
    await bus.close();
  }
  return chain.counts().done;
}
