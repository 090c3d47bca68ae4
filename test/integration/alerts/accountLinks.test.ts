import { beforeAll, describe, expect, it } from 'vitest';
import { aLinkRequest } from '../accountLinks/aLinkRequest.ts';
import { aLinkWorld, type LinkWorld } from '../accountLinks/aLinkWorld.ts';
import { eventually } from '../daemon/eventually.ts';
import { aWatchedDaemon, type WatchedDaemon } from './aWatchedDaemon.ts';
import { areWatched } from './onCall.ts';

/** One try in the chain and one by the job, which is due at once. */
const options = ['send.retry.maxRetries=0', 'again.retries=1', 'again.firstDelayMs=0'];
const words = options.flatMap((each) => ['--set', `accountLinks.register.${each}`]);

describe.skipIf(!areWatched)('whoever is on call for partner accounts', () => {
  let world: LinkWorld;
  let watched: WatchedDaemon;

  beforeAll(async () => {
    world = await aLinkWorld();
    watched = await aWatchedDaemon(world, ...words);
  });

  let asked = 0;

  /** Another program asks for an account, and the bank answers nothing that can be read. Answers the account. */
  async function inVain(): Promise<string> {
    asked += 1;
    const accountId = `acc-${asked}`;
    world.bank.faults.add({ phase: 'before', on: 'POST /partner-accounts', action: { kind: 'malformed' } });
    await world.ask(aLinkRequest({ requestId: `req-${asked}`, accountId, accountNumber: `110-000-00000${asked}` }));
    await eventually('it was asked for in vain', async () => (await world.failures()).some(({ standing }) => standing === 'waits'));
    return accountId;
  }

  async function bankAnswers(): Promise<void> {
    world.bank.faults.clear();
    await watched.sweeps('accountLinks.retryFailed');
  }

  it('is told by day of an account that was asked for in vain, until the bank answers', async () => {
    await watched.sees({ alert: 'WeirAccountLinksFailing', cause: inVain, heal: bankAnswers });
    expect(await world.links()).toMatchObject([{ status: 'ACTIVE' }]);
  });

  it('is told by day of an account that has waited for half an hour, until the bank answers', async () => {
    await watched.sees({
      alert: 'WeirAccountLinksLate',
      cause: async () => {
        const text = `UPDATE account_links.account_link SET requested_at = clock_timestamp() - interval '31 minutes' WHERE account_id = $1`;
        await world.database.execute({ text, values: [await inVain()] });
      },
      heal: bankAnswers,
    });
    expect(await world.links()).toMatchObject([{ status: 'ACTIVE' }, { status: 'ACTIVE' }]);
  });

  it('is told by day of an account whose tries are used up, until a person has said what became of it', async () => {
    let link = '';
    await watched.sees({
      alert: 'WeirAccountLinksParked',
      labels: { reason: 'outcomeUnknown' },
      cause: async () => {
        const values = [await inVain()];
        await watched.sweeps('accountLinks.retryFailed');
        const [row] = await world.database.query<{ id: bigint }>({
          text: 'SELECT id FROM account_links.account_link WHERE account_id = $1',
          values,
        });
        link = String(row?.id);
      },
      heal: () => watched.does('account-links', 'resolve', link, '--as', 'failed'),
    });
    expect((await world.links()).at(-1)).toMatchObject({ status: 'FAILED' });
  });
});
