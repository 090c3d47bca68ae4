import { beforeAll, describe, expect, it } from 'vitest';
import { dayOf } from '../../../pipelines/shared/period.ts';
import { say } from '../../commandLine/aPlace.ts';
import { eventually } from '../daemon/eventually.ts';
import { aMonth, type AMonth } from '../daemon/aMonth.ts';
import { aWatchedDaemon, type WatchedDaemon } from './aWatchedDaemon.ts';
import { areWatched } from './onCall.ts';

describe.skipIf(!areWatched)('whoever is on call for bills', () => {
  let month: AMonth;
  let watched: WatchedDaemon;

  beforeAll(async () => {
    month = await aMonth();
    // The usage of the last cannot be true: the settlement puts its member aside.
    await month.load([{}, {}, {}, { sendDay: 21 }, {}], ({ publicInfoId }) => (publicInfoId === 1_005n ? { amountMinor: -1n } : {}));
    watched = await aWatchedDaemon(month);
  });

  it('is woken by bills that nobody has sent for three hours, until the pipeline that somebody has paused goes on', () =>
    watched.sees({
      alert: 'WeirBillsOverdue',
      cause: async () => {
        await watched.does('pipelines', 'pause', 'billing.deliver');
        await watched.weir.logged('pipeline state', { pipeline: 'billing.deliver', state: 'paused' });
        await month.dispatch();
        await month.database.execute(`UPDATE billing.billing_p SET pending_since = clock_timestamp() - interval '3 hours'`);
      },
      heal: async () => {
        await watched.does('pipelines', 'resume', 'billing.deliver');
        await eventually('they are sent', async () => (await month.bills())['COMPLETED'] === 3);
      },
    }));

  it('is told by day of a bill of which nobody can tell whether it was sent, until a person has looked', async () => {
    const { billing } = month.month;
    let comeBack: (() => void) | undefined;
    await watched.sees({
      alert: 'WeirBillsParked',
      cause: async () => {
        // The mail server goes away while it is to say that it has the mail.
        comeBack = month.inbox.faults.add({ phase: 'dot', action: { kind: 'cut' } });
        await watched.runs('billing.dispatch', dayOf(billing, 21));
      },
      heal: async () => {
        comeBack?.();
        await watched.does('billing', 'resolve', '--as', 'sent', '--month', billing, '--expected', '1');
      },
    });
    expect(await month.bills()).toEqual({ COMPLETED: 4 });
  });

  it('is told by day of a bill that was made after the dispatch of its day, until somebody has it taken up', async () => {
    const { billing } = month.month;
    await watched.sees({
      alert: 'WeirBillsUndispatched',
      cause: async () => {
        await month.database.execute('UPDATE billing.usage SET amount_minor = 10000 WHERE amount_minor < 0');
        const { exitCode, errors } = await say(['run', '--job', 'billing.settle', '--key', billing, '--skipped'], month.environment);
        expect(exitCode, errors).toBe(0);
        expect(await month.bills()).toEqual({ COMPLETED: 4, CREATED: 1 });
      },
      heal: () => watched.runs('billing.dispatch', dayOf(billing, 16)),
    });
    await eventually('it is sent', async () => (await month.bills())['COMPLETED'] === 5);
  });
});
