import { Redis } from 'ioredis';
import { beforeAll, describe, expect, it } from 'vitest';
import { filledTopic } from '../../../pipelines/deposits/filledTopic.ts';
import { lastCoveredDay } from '../../../pipelines/shared/market.ts';
import { previousSeoulDay, seoulDay } from '../../../pipelines/shared/seoulTime.ts';
import { atTheEnd } from '../../support/atTheEnd.ts';
import { TcpProxy } from '../../support/tcpProxy.ts';
import { startRelease } from '../../support/weirProcess.ts';
import { eventually } from '../daemon/eventually.ts';
import { anOutsideWorld, type OutsideWorld } from '../outsideWorld.ts';
import { changedRelease } from '../upgrade/changedRelease.ts';
import { aWatchedDaemon, type WatchedDaemon } from './aWatchedDaemon.ts';
import { answersInTime } from './answersInTime.ts';
import { areWatched, onCall } from './onCall.ts';

/** A release whose calendars nobody has given the year that runs. */
function oldCalendars(): Promise<string> {
  const lastYear = lastCoveredDay.slice(0, 4);
  const ended = new Date().getUTCFullYear() - 1;
  const files = ['korea', 'unitedStates'].map((name) => `pipelines/shared/calendars/${name}.json`);
  return changedRelease(files.map((file) => ({ file, from: `"lastYear": ${lastYear}`, to: `"lastYear": ${ended}` })));
}

describe.skipIf(!areWatched)('whoever is on call for deposits', () => {
  let world: OutsideWorld;
  let watched: WatchedDaemon;
  let redis: Redis;

  beforeAll(async () => {
    world = await anOutsideWorld();
    redis = new Redis(world.environment['WEIR_REDIS_URL'] ?? '', { commandTimeout: 5_000 });
    atTheEnd(() => redis.quit());
    await world.database.execute('INSERT INTO deposits.account (user_id, balance_minor) VALUES (1, 0)');
    watched = await aWatchedDaemon(world);
  });

  /** The exchange's program writes what became of a trade. */
  function trade(of: object): Promise<unknown> {
    return redis.xadd(filledTopic.name, '*', 'key', 'k', 'value', JSON.stringify({ userId: '1', ...of }));
  }

  function fill(fillId: string): Promise<unknown> {
    return trade({ type: 'FILLED', fillId, market: 'XNYS', amountMinor: '-300', executedAt: new Date().toISOString() });
  }

  async function stands(what: string, text: string): Promise<void> {
    await eventually(what, async () => (await world.database.query(text)).length === 1);
  }

  it('is told by day of a balance that another program has staged, for as long as a day', () =>
    watched.sees({
      alert: 'WeirDepositsPutAside',
      labels: { reason: 'noAccount' },
      cause: async () => {
        const night = previousSeoulDay(new Date());
        await redis.set(`user:8:batch_balance:${night}`, '5');
        await watched.runs('deposits.settle', night);
      },
      heal: () => world.database.execute(`UPDATE deposits.put_aside SET found_at = found_at - interval '1 day'`),
    }));

  it('is woken by money that was due last night and was not moved, until the night is run', async () => {
    await watched.sees({
      alert: 'WeirDepositsOverdue',
      cause: async () => {
        await fill('f-1');
        await stands('the trade is in the ledger', `SELECT FROM deposits.ledger WHERE fill_id = 'f-1'`);
        await world.database.execute(
          `UPDATE deposits.ledger SET due_on = due_on - 30, trade_day = trade_day - 30, recorded_at = recorded_at - interval '30 days'`,
        );
      },
      heal: () => watched.runs('deposits.settle', seoulDay(new Date())),
    });
    expect(await world.database.query('SELECT balance_minor FROM deposits.account')).toEqual([{ balance_minor: -300n }]);
  });

  it('is told by day of a cancellation whose fill has not come for three days, until it comes', () =>
    watched.sees({
      alert: 'WeirDepositsCancellationsLate',
      cause: async () => {
        await trade({ type: 'CANCELLED', fillId: 'f-2' });
        await stands('the cancellation waits', 'SELECT FROM deposits.early_cancellation');
        await world.database.execute(`UPDATE deposits.early_cancellation SET recorded_at = recorded_at - interval '4 days'`);
      },
      heal: () => fill('f-2'),
    }));

  it('is told by day of a dead letter that nobody has looked after for half a day, until somebody discards it', async () => {
    const { name, deadLetters } = filledTopic;
    await watched.sees({
      alert: 'WeirDeadLettersWait',
      labels: { topic: name },
      cause: () => redis.xadd(name, '*', 'key', 'poison', 'value', 'x'),
      heal: async () => {
        const [[newest] = ['']] = await redis.xrevrange(deadLetters, '+', '-', 'COUNT', 1);
        await watched.does('dead-letters', 'discard', name, '--up-to', newest, '--expect', '1');
      },
    });
  });

  it('is told by day of market calendars that end, until a release with the next year has taken the place of the old one', async () => {
    const old = startRelease(await oldCalendars(), { ...world.environment, WEIR_INSTANCE: 'old' }, 'run');
    await answersInTime(old);
    const [oldPort, port] = await Promise.all([old, watched.weir].map(async (weir) => Number(new URL(await weir.adminUrl()).port)));
    const address = await TcpProxy.start({ port: port ?? 0 });
    atTheEnd(() => address.close());
    const leadTo = (to: number | undefined): void => {
      address.leadTo({ port: to ?? 0 });
      address.cut();
    };
    const there = await onCall({ weir: [`127.0.0.1:${address.port}`] });
    await there.sees({ alert: 'WeirCalendarEnds', cause: () => leadTo(oldPort), heal: () => leadTo(port) });
  });
});
