import { beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { atTheEnd } from '../support/atTheEnd.ts';
import { aBrowser, expectNothingBeside, expectNothingCut, look, screens, type Looking, type Screen } from './aBrowser.ts';
import { expectAccessible } from './axe.ts';
import { startToldApi, type ToldApi } from './toldApi.ts';
import { toldAnswers } from './toldAnswers.ts';
import { views } from './views.ts';

const browser = await aBrowser();
let told: ToldApi;

beforeAll(async () => {
  told = await startToldApi();
  atTheEnd(() => told.close());
});

beforeEach(() => {
  told.role = 'admin';
  told.answers = { ...toldAnswers };
});

describe.skipIf(browser === undefined).each(Object.keys(screens) as readonly Screen[])('in a %s screen', (screen) => {
  let looking: Looking;
  beforeAll(async () => {
    looking = await look(browser as never, told.url, screen);
  });

  it.each(Object.entries(views))(
    'the view %s is whole: nothing cut, nothing that axe calls wrong, nothing stopped by the policy',
    async (name, hash) => {
      await looking.see(hash);
      await looking.page.reload();
      await looking.page.locator('main h1').waitFor();
      expect(await looking.page.title()).toMatch(/^.+ · Weir$/);
      await expectNothingCut(looking);
      await expectNothingBeside(looking);
      await expectAccessible(looking);
      await looking.shoot(`told-${name}`);
      expect(looking.flaws).toEqual([]);
    },
  );

  it('rows are a table where there is room, and cards where there is none', async () => {
    await looking.see('#/jobs');
    expect(await looking.page.getByRole('columnheader', { name: 'Partitions' }).isVisible()).toBe(screen !== 'phone');
    expect(await looking.page.getByRole('button', { name: 'Menu' }).isVisible()).toBe(screen === 'phone');
  });

  it('what needs attention says since when, where that is known', async () => {
    await looking.see('#/');
    await looking.page.reload();
    const items = looking.page.locator('.attention li');
    const failed = items.filter({ hasText: 'has failed for good' });
    expect(await failed.innerText()).toMatch(/the others go on\s+since .+ (ago|in .+)/);
    expect(await failed.locator('time').getAttribute('datetime')).toBe('2026-11-22T04:49:49.000Z');
    expect(await items.filter({ hasText: 'dead letters are open' }).innerText()).not.toContain('since');
  });

  it('a schedule is all that it is: late while it is paused, off by its option, and paused besides', async () => {
    await looking.see('#/schedules');
    await looking.page.reload();
    const states = async (schedule: string): Promise<readonly string[]> => {
      const row = looking.page.locator(`tr[data-key="${schedule}"]`);
      await row.waitFor();
      return row.locator('td[data-label="State"] .badge').allInnerTexts();
    };
    expect(await states('billing.dispatch')).toEqual(['on time']);
    expect(await states('deposits.settle')).toEqual(['late', 'paused']);
    expect(await states('accounting.cumulativeReport')).toEqual(['off', 'paused']);
    const off = looking.page.locator('tr[data-key="accounting.cumulativeReport"] td[data-label="State"]');
    expect(await off.innerText()).toContain('by schedules.accounting.cumulativeReport.enabled');
  });

  it('what was counted over a while says over which, in titles and in cards', async () => {
    await looking.see('#/');
    const titles = looking.page.getByRole('table', { name: 'Pipelines' }).getByRole('columnheader');
    const labels = `[...document.querySelector('main table').querySelectorAll('tbody tr:first-child td')]
      .map((cell) => JSON.parse(getComputedStyle(cell, '::before').content))`;
    const shown = screen === 'phone' ? await looking.page.evaluate<readonly string[]>(labels) : await titles.allInnerTexts();
    expect(shown).toEqual(expect.arrayContaining(['Rate, 15 min', 'Rate now', 'Retries, 15 min', 'Dead, 15 min']));
    expect(shown).not.toContain('Dead');
    await looking.see('#/pipelines/billing.deliver');
    await looking.page.getByRole('heading', { name: 'Stages, since this daemon was started' }).waitFor();
  });

  it('what there is none of says what that means', async () => {
    const nothing = { attention: [], pipelines: [], jobs: [], schedules: [], dependencies: [] };
    told.answers['overview.show'] = { ...(toldAnswers['overview.show'] as object), ...nothing };
    told.answers['dead-letters.list'] = { groups: [] };
    told.answers['dead-letters.progress'] = [];
    told.answers['payments.list'] = { payments: [], next: null };
    await looking.see('#/dead-letters');
    await looking.page.reload();
    await looking.page.getByText('No dead letters. Nothing was put aside.').waitFor();
    await looking.see('#/payments');
    await looking.page.getByText('No payments. Every payment has its end').waitFor();
    await looking.see('#/');
    await looking.page.getByText('Nothing needs attention.').waitFor();
    await looking.shoot('told-nothing');
  });

  it('whoever is not let in is asked for a token, and told when it is wrong', async () => {
    told.role = undefined;
    await looking.page.goto(told.url);
    await looking.page.reload();
    await looking.page.getByLabel('Token').waitFor();
    await expectAccessible(looking);
    await expectNothingCut(looking);
    await looking.shoot('told-login');
    expect(looking.flaws).toEqual([]);
  });
});
