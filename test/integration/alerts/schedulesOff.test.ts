import { beforeAll, describe, expect, it } from 'vitest';
import { variableOf } from '../../../config/option.ts';
import { startWeir } from '../../support/weirProcess.ts';
import { aMonth, type AMonth } from '../daemon/aMonth.ts';
import { eventually } from '../daemon/eventually.ts';
import { aWatchedWeir } from './aWatchedWeir.ts';
import { areWatched, onCall, type OnCall } from './onCall.ts';

describe.skipIf(!areWatched)('whoever is on call for schedules that an option has turned off', () => {
  let duty: OnCall;
  let month: AMonth;
  const turned = (isOn: boolean) => ({ ...month.environment, [variableOf('schedules.billing.settle.enabled')]: String(isOn) });
  /** Starts a process with that option beside the one that is asked, for as long as it takes: what it has set holds for both. */
  const isSetByAnother = async (isOn: boolean): Promise<void> => {
    const another = startWeir(turned(isOn), 'run', '--profile', 'billing-batch');
    await eventually('it holds for all', async () => {
      const rows = await month.database.query<{ isEnabled: boolean }>(
        `SELECT is_enabled AS "isEnabled" FROM weir.schedule WHERE name = 'billing.settle'`,
      );
      return rows[0]?.isEnabled === isOn;
    });
    expect(await another.stop()).toEqual({ code: 0, signal: null });
  };

  beforeAll(async () => {
    month = await aMonth();
    const weir = await aWatchedWeir(turned(true));
    duty = await onCall({ weir: [weir.target] });
  });

  it('reads by day that the settlement is off, be it set in another process, until it is on again', () =>
    duty.sees({
      alert: 'WeirScheduleOff',
      labels: { schedule: 'billing.settle' },
      cause: () => isSetByAnother(false),
      heal: () => isSetByAnother(true),
    }));
});
