import { describe, expect, it, vi } from 'vitest';
import { countsOf, isLawful } from '../../../stack/demo/law.ts';
import { aPrivateRedis } from '../../support/services.ts';
import type { TcpProxy } from '../../support/tcpProxy.ts';
import { until } from '../../support/until.ts';
import { startWeir } from '../../support/weirProcess.ts';
import { aMonth } from './aMonth.ts';
import { delivered } from './deliveryFlaws.ts';
import { areAllSettled } from './emailMessages.ts';
import { settlementFlaws } from './settlementFlaws.ts';
import { through } from './through.ts';
import { weirHere } from './weirHere.ts';

// Processes start and die in each of these: on a busy machine that takes its time.
vi.setConfig({ testTimeout: 120_000 });

const small = ['jobs.pageSize=10', 'billing.settle.chunk.size=10'].flatMap((set) => ['--set', set]);

/** What happens to the database as its client sees it; resolves when it may answer again. */
type Outage = (proxy: TcpProxy) => Promise<void>;

const cutInChunk: Outage = (proxy) => proxy.strike('billing.insertLines', 'cutBefore', { nth: 3, call: () => proxy.cut() });

const cutInCommit: Outage = async (proxy) => {
  await proxy.strike('billing.insertBills', 'pass', { nth: 3 });
  await proxy.strike('COMMIT', 'cutAfter', { call: () => proxy.cut() });
};

const away: Outage = (proxy) =>
  proxy.strike('billing.insertLines', 'cutBefore', {
    nth: 3,
    call: () => {
      proxy.refuse();
      proxy.cut();
    },
  });

describe('a settlement whose database', () => {
  it.each([
    ['cuts every connection in a chunk', cutInChunk],
    ['does a COMMIT and cuts every connection before it answers', cutInCommit],
    ['goes away in a chunk and comes back', away],
  ] as const)('%s is completed by the same process', async (_, outage) => {
    const month = await aMonth({ members: 120 });
    const { proxy, url } = await through(month.environment['WEIR_DATABASE_URL']);
    const struck = outage(proxy);
    const words = ['run', '--job', 'billing.settle', '--key', month.billing, ...small];
    const weir = startWeir({ ...month.environment, WEIR_DATABASE_URL: url }, ...words);
    await struck;
    if (outage === away) {
      await weir.logged('job cannot reach its run');
      proxy.pass();
    }
    expect(await weir.ended, weir.errors()).toEqual({ code: 0, signal: null });
    expect(await settlementFlaws(month)).toEqual([]);
  });
});

describe('a delivery whose Redis', () => {
  it.each([
    ['is stopped', 'SIGTERM'],
    ['is killed', 'SIGKILL'],
  ] as const)('%s and started again in the middle ends every bill, without anybody', async (_, signal) => {
    const redis = await aPrivateRedis();
    const month = await aMonth({ members: 60, redisUrl: redis.url });
    const { environment, billing, lastDay, inbox } = month;
    await weirHere(environment, 'run', '--job', 'billing.settle', '--key', billing);
    await weirHere(environment, 'run', '--job', 'billing.dispatch', '--key', lastDay);
    // Mails take a while, so that most are still to come.
    inbox.faults.add({ phase: 'dot', action: { kind: 'delay', delayMs: 20 } });
    const daemon = startWeir(environment, 'run', '--profile', 'consumer', '--set', 'billing.deliver.send.concurrency=2');
    await inbox.until(10, 60_000);
    await redis.kill(signal);
    await redis.start();

    await until('all messages are settled', () => areAllSettled(month), { limitMs: 60_000 });
    const counts = countsOf((await daemon.ask('/metrics')).text);
    expect(counts.filter((count) => !isLawful(count))).toEqual([]);
    expect(await daemon.stop(), daemon.errors()).toEqual({ code: 0, signal: null });
    expect(await delivered(month)).toEqual({ flaws: [], bills: { COMPLETED: 59, FAILED: 0, waiting: 0, parked: 0 } });
  });
});
