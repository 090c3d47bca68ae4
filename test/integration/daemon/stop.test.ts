import { describe, expect, it } from 'vitest';
import { countsOf, isLawful, type PipelineCounts } from '../../../stack/demo/law.ts';
import { atTheEnd } from '../../support/atTheEnd.ts';
import { TcpProxy } from '../../support/tcpProxy.ts';
import { startWeir, type WeirProcess } from '../../support/weirProcess.ts';
import { aMonth, type AMonth } from './aMonth.ts';
import { eventually } from './eventually.ts';
import { theTopic } from './theTopic.ts';

const slow = { phase: 'rcpt', action: { kind: 'delay', delayMs: 60 } } as const;
const stuck = { phase: 'rcpt', action: { kind: 'silence' } } as const;

// The name of the process stays, so that the next one finds at once what this one had read.
const words = [
  ...['run', '--profile', 'consumer', '--set', 'instance=one'],
  ...['--set', 'billing.deliver.send.concurrency=4', '--set', 'smtp.maxConnections=4', '--set', 'billing.deliver.window=10'],
];

async function dispatched(count: number): Promise<AMonth> {
  const month = await aMonth();
  await month.load(Array.from({ length: count }, () => ({})));
  await month.dispatch();
  return month;
}

/** Scrapes until the process answers no more; every answer. */
async function scrapes(weir: WeirProcess): Promise<readonly PipelineCounts[]> {
  const found: PipelineCounts[] = [];
  for (;;) {
    try {
      found.push(...countsOf((await weir.ask('/metrics')).text));
    } catch {
      return found;
    }
  }
}

/** Nobody got two mails, and every bill that was mailed says so. */
async function expectNoDoubles(month: AMonth): Promise<void> {
  expect(month.inbox.doubles()).toEqual([]);
  expect((await month.bills())['COMPLETED'] ?? 0).toBe(month.inbox.count());
}

describe('SIGTERM', () => {
  it('drains: what was read is finished and settled, nothing more is read, and the next daemon does the rest', async () => {
    const month = await dispatched(40);
    const topic = await theTopic(month.redisUrl);
    month.inbox.faults.add(slow);
    const weir = startWeir(month.environment, ...words);
    await eventually('4 mails came', () => month.inbox.count() >= 4);
    const scraping = scrapes(weir);
    expect(await weir.stop()).toEqual({ code: 0, signal: null });

    const all = await scraping;
    expect(all.filter((counts) => !isLawful(counts))).toEqual([]);
    expect(all.at(-1)).toMatchObject({ released: 0, dead: 0, deferred: 0 });
    const states = weir.log().filter(({ msg, pipeline }) => msg === 'pipeline state' && pipeline === 'billing.deliver');
    expect(states.map(({ state }) => state)).toEqual(['starting', 'running', 'draining', 'stopped']);
    const mailed = month.inbox.count();
    expect(mailed).toBeLessThan(40);
    expect({ pending: await topic.pending(), unread: await topic.unread() }).toEqual({ pending: 0, unread: 40 - mailed });
    await expectNoDoubles(month);

    month.inbox.faults.clear();
    const next = startWeir(month.environment, ...words);
    await eventually('the rest is recorded', async () => (await month.bills())['COMPLETED'] === 40);
    expect(await next.stop()).toEqual({ code: 0, signal: null });
    await expectNoDoubles(month);
  });

  it('drains a daemon whose mail server puts everything off: no bill stays claimed by nobody', async () => {
    const month = await dispatched(6);
    month.inbox.faults.add({ phase: 'rcpt', action: { kind: 'reply', text: '451 4.7.1 later' } });
    const weir = startWeir(
      month.environment,
      ...words,
      '--set',
      'billing.deliver.send.holdMs=20000',
      '--set',
      'billing.deliver.send.retry.firstDelayMs=9000',
    );
    await eventually('a bill was claimed and put off', () => month.inbox.faults.strikes > 0);
    expect(await weir.stop()).toEqual({ code: 0, signal: null });
    expect(await month.bills()).toEqual({ SEND_PENDING: 6 });
  });

  it('ends cleanly, long before the grace time is over, when the database is silent and nothing is left to do', async () => {
    const month = await aMonth();
    const database = new URL(month.environment['WEIR_DATABASE_URL'] ?? '');
    const proxy = await TcpProxy.start({ port: Number(database.port) });
    atTheEnd(() => proxy.close());
    database.port = String(proxy.port);
    const weir = startWeir({ ...month.environment, WEIR_DATABASE_URL: database.href }, 'run', '--set', 'runtime.stopGraceMs=10000');
    await weir.logged('pipeline state', { state: 'running' });
    await proxy.strike('weir-job-open-runs', 'holeAfter', { call: () => proxy.hole() });
    weir.signal('SIGTERM');
    await weir.logged('stopped');
    weir.signal('SIGTERM'); // while it gives its connections up: there is nothing left to cut
    expect(await weir.ended).toEqual({ code: 0, signal: null });
    const said = weir.log().map(({ msg }) => msg);
    expect(said).not.toContain('the grace time is over: what is not settled is released');
    expect(said).not.toContain('stopping now');
  });

  it.each([
    ['a second SIGTERM', {}, 'stopping now'],
    ['the end of the grace time', { WEIR_RUNTIME_STOP_GRACE_MS: '200' }, 'the grace time is over: what is not settled is released'],
  ])('%s cuts: it ends with 1, the next daemon delivers the rest, and nobody gets two mails', async (_what, variables, sentence) => {
    const month = await dispatched(20);
    const topic = await theTopic(month.redisUrl);
    const unstick = month.inbox.faults.add({ ...stuck, to: 'member1' });
    const weir = startWeir({ ...month.environment, ...variables }, ...words);
    await eventually('every dialogue is stuck and what was mailed before is recorded', async () => {
      return month.inbox.faults.strikes === 4 && ((await month.bills())['COMPLETED'] ?? 0) === month.inbox.count();
    });
    weir.signal('SIGTERM');
    await weir.logged('draining; a second signal stops at once');
    if (sentence === 'stopping now') weir.signal('SIGTERM');
    await weir.logged(sentence);
    expect(await weir.ended).toEqual({ code: 1, signal: null });
    expect((await weir.logged('stopped'))['exitCode']).toBe(1);
    expect(await topic.pending()).toBeGreaterThan(0);
    await expectNoDoubles(month);

    unstick();
    const next = startWeir(month.environment, ...words);
    // What was in dialogue when it was cut stays claimed until its lease is over; a person then decides.
    await eventually('the rest is settled', async () => (await topic.pending()) === 0 && (await topic.unread()) === 0);
    expect(await next.stop()).toEqual({ code: 0, signal: null });
    await expectNoDoubles(month);
    expect(await month.bills()).toEqual({ COMPLETED: 16, SENDING: 4 });
  });
});
