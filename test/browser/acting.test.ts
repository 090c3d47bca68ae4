import { beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { until } from '../support/until.ts';
import { aBrowser, look, type Looking } from './aBrowser.ts';
import { expectAccessible } from './axe.ts';
import { aToldPage } from './aToldPage.ts';
import { Refused, type ToldApi } from './toldApi.ts';
import { toldAnswers } from './toldAnswers.ts';

const browser = await aBrowser();
let told: ToldApi;
let looking: Looking;

beforeAll(async () => {
  if (browser !== undefined) ({ told, looking } = await aToldPage(browser));
});

beforeEach(async () => {
  if (browser === undefined) return;
  told.role = 'admin';
  told.answers = { ...toldAnswers };
  await looking.page.goto('about:blank');
  looking.flaws.length = 0;
});

const replay = {
  ...{ topic: 'queuing.billing.email.send', pipeline: 'billing.deliver', stage: 'decode', code: 'undecodable', upTo: '1763790000099-0' },
  expect: 1_204,
};

describe.skipIf(browser === undefined)('an action', () => {
  it('shows its effect, asks why, is done once, and shows what happened', async () => {
    told.answers['dead-letters.replay/effect'] = { replay: '4', selected: 1_000, left: 204 };
    told.answers['dead-letters.replay'] = { replay: '4', selected: 1_000, left: 204 };
    const { page } = looking;
    await looking.see('#/dead-letters');
    await page.getByRole('button', { name: 'Replay' }).first().click();
    const dialog = page.getByRole('dialog', { name: 'Replay' });
    await dialog.getByRole('heading', { name: 'This would do' }).waitFor();
    expect(await dialog.locator('.effect').innerText()).toMatch(/Selected\s+1,000\s+Left as they are\s+204/);
    await expectAccessible(looking);
    await looking.shoot('told-action');
    told.asked.length = 0;
    const act = dialog.getByRole('button', { name: 'Replay' });
    // Without a reason the browser itself refuses.
    await act.click();
    expect(told.asked).toEqual([]);
    await dialog.getByLabel('Reason').fill('the decoder was mended');
    await act.click();
    await page.getByRole('dialog', { name: 'Done: Replay' }).waitFor();
    expect(told.asked.filter(([name]) => name === 'dead-letters.replay')).toEqual([
      ['dead-letters.replay', { ...replay, rate: 50, cap: 1_000, reason: 'the decoder was mended' }],
    ]);
    await looking.shoot('told-action-done');
    await page.getByRole('button', { name: 'Close' }).click();
    expect(await page.getByRole('dialog').count()).toBe(0);
    expect(looking.flaws).toEqual([]);
  });

  it('whose fields are changed shows the effect of what stands there now, and says nothing of why', async () => {
    const { page } = looking;
    await looking.see('#/dead-letters');
    await page.getByRole('button', { name: 'Replay' }).first().click();
    const dialog = page.getByRole('dialog');
    await dialog.getByRole('heading', { name: 'This would do' }).waitFor();
    told.asked.length = 0;
    await dialog.getByLabel('Rate').fill('7');
    await dialog.getByLabel('Reason').fill('slowly');
    await dialog.getByRole('heading', { name: 'This would do' }).waitFor();
    await until('the effect is asked for again', () => told.asked.length > 0);
    expect(told.asked).toEqual([['dead-letters.replay/effect', { ...replay, rate: 7, cap: 1_000 }]]);
  });

  it('that resumes what an option has off says that it stays off, and by which option', async () => {
    const offBy = 'schedules.accounting.cumulativeReport.enabled';
    const schedule = 'accounting.cumulativeReport';
    told.answers['schedule.resume/effect'] = { schedule, state: 'resumed, and stays off', offBy, skipped: 0, skippedFires: [] };
    const { page } = looking;
    await looking.see('#/schedules');
    await page.getByRole('row', { name: schedule }).getByRole('button', { name: 'Resume' }).click();
    const dialog = page.getByRole('dialog', { name: 'Resume' });
    await dialog.getByRole('heading', { name: 'This would do' }).waitFor();
    expect(await dialog.locator('.effect').innerText()).toMatch(new RegExp(`resumed, and stays off\\s+Off by\\s+${offBy}`));
  });

  it('is not done by Enter before the effect of what was just filled in is shown', async () => {
    const { page } = looking;
    await looking.see('#/dead-letters');
    await page.getByRole('button', { name: 'Replay' }).first().click();
    const dialog = page.getByRole('dialog');
    await dialog.getByRole('heading', { name: 'This would do' }).waitFor();
    await dialog.getByLabel('Reason').fill('in a hurry');
    told.asked.length = 0;
    await dialog.getByLabel('Cap').fill('3');
    await page.keyboard.press('Enter');
    await until('the effect is asked for again', () => told.asked.length > 0);
    await dialog.getByRole('heading', { name: 'This would do' }).waitFor();
    expect(told.asked.map(([name]) => name)).not.toContain('dead-letters.replay');
    await page.keyboard.press('Enter');
    await page.getByRole('dialog', { name: 'Done: Replay' }).waitFor();
    expect(told.asked.find(([name]) => name === 'dead-letters.replay')?.[1]).toMatchObject({ cap: 3 });
  });

  it('that would be refused says why, and cannot be done', async () => {
    told.answers['pipelines.resume/effect'] = new Refused(409, 'it was resumed by somebody else');
    await looking.see('#/pipelines/billing.deliver');
    await looking.page.getByRole('button', { name: 'Resume' }).click();
    const dialog = looking.page.getByRole('dialog');
    await dialog.getByText('it was resumed by somebody else').waitFor();
    await dialog.getByLabel('Reason').fill('why not');
    expect(await dialog.getByRole('button', { name: 'Resume' }).isDisabled()).toBe(true);
    await looking.shoot('told-action-refused');
  });

  it('of which nobody knows whether it was done cannot be done again by a second press', async () => {
    told.answers['pipelines.resume'] = new Refused(504, 'nobody can tell whether it was done: weir audit list shows what was');
    await looking.see('#/pipelines/billing.deliver');
    await looking.page.getByRole('button', { name: 'Resume' }).click();
    const dialog = looking.page.getByRole('dialog');
    await dialog.getByRole('heading', { name: 'This would do' }).waitFor();
    await dialog.getByLabel('Reason').fill('it is mended');
    await dialog.getByRole('button', { name: 'Resume' }).click();
    await dialog.getByText('nobody can tell whether it was done').waitFor();
    expect(await dialog.getByRole('button', { name: 'Resume' }).isDisabled()).toBe(true);
  });

  it('has the keyboard: focus goes in, stays in, and comes back with Esc', async () => {
    const { page } = looking;
    await looking.see('#/pipelines/billing.deliver');
    await page.getByRole('button', { name: 'Resume' }).focus();
    await page.keyboard.press('Enter');
    await page.getByRole('dialog').getByRole('heading', { name: 'This would do' }).waitFor();
    const focused = (): Promise<string> => page.evaluate<string>('document.activeElement.name || document.activeElement.textContent');
    expect(await focused()).toBe('reason');
    await page.keyboard.press('Tab');
    expect(await focused()).toBe('Cancel');
    await page.keyboard.press('Tab');
    expect(await focused()).toBe('Resume');
    await page.keyboard.press('Escape');
    expect(await page.getByRole('dialog').count()).toBe(0);
    expect(await focused()).toBe('Resume');
  });
});

describe.skipIf(browser === undefined)('a sheet', () => {
  it('of a remittance that would not be tried again says why, and offers it where it would be', async () => {
    const retry = looking.page.getByRole('button', { name: 'Try again' });
    await looking.see('#/remittance/77');
    expect(await retry.isEnabled()).toBe(true);
    const why = 'is DEPOSITED, and its records are none: tried again, money would move that the ledger does not have';
    told.answers['remittance.show'] = { ...(toldAnswers['remittance.show'] as object), notTriedAgain: why };
    await looking.page.goto('about:blank');
    await looking.see('#/remittance/77');
    expect(await retry.isDisabled()).toBe(true);
    expect(await retry.innerText()).toContain(why);
    await expectAccessible(looking);
    await looking.shoot('told-not-tried-again');
  });

  it('of an order tells what the gateway calls a charge and has captured, and where that is not what was asked for', async () => {
    await looking.see('#/payments/5001');
    const row = looking.page.getByRole('table', { name: 'Payments' }).locator('tbody tr').first();
    expect(await row.innerText()).toMatch(/9001\s*tx-9001\s[^]*12,000\s+11,000\s*not the amount/);
  });
});

describe.skipIf(browser === undefined)('a dialog', () => {
  it('closes when another view is gone to', async () => {
    const { page } = looking;
    await looking.see('#/');
    await page.getByRole('link', { name: 'billing.deliver', exact: true }).click();
    await page.getByRole('button', { name: 'Resume' }).click();
    await page.getByRole('dialog').waitFor();
    await page.goBack();
    await page.getByRole('heading', { name: 'Overview' }).waitFor();
    expect(await page.getByRole('dialog').count()).toBe(0);
  });
});

describe.skipIf(browser === undefined)('a role', () => {
  it('sees what it may not do as that, with the role that may', async () => {
    told.role = 'viewer';
    await looking.see('#/pipelines/billing.deliver');
    const resume = looking.page.getByRole('button', { name: 'Resume' });
    expect(await resume.isDisabled()).toBe(true);
    expect(await resume.innerText()).toContain('needs the role operator');
    await looking.shoot('told-viewer');
    await looking.see('#/audit');
    await looking.page.getByText('To read the audit needs the role operator').waitFor();
    expect(told.asked.filter(([name]) => name === 'audit.list')).toEqual([]);
  });

  it('whose session ends is asked for a token anew', async () => {
    await looking.see('#/schedules');
    told.role = undefined;
    await looking.page.getByRole('link', { name: 'Payments' }).click();
    await looking.page.getByText('Your session has ended.').waitFor();
    await expectAccessible(looking);
    await looking.shoot('told-ended');
    await looking.page.getByLabel('Token').fill('operator');
    await looking.page.getByRole('button', { name: 'Log in' }).click();
    await looking.page.getByRole('heading', { name: 'Payments' }).waitFor();
    await looking.page.getByRole('button', { name: 'Log out' }).click();
    await looking.page.getByLabel('Token').waitFor();
    // Who has left knows why.
    expect(await looking.page.getByText('Your session has ended.').count()).toBe(0);
    expect(told.role).toBe(undefined);
  });
});

describe.skipIf(browser === undefined)('the overview', () => {
  const overview = toldAnswers['overview.show'] as unknown as { readonly pipelines: readonly object[] };

  it('is what the daemon tells, without losing focus, scroll or what is under the pointer', async () => {
    const { page } = looking;
    await page.setViewportSize({ width: 1_280, height: 500 });
    await looking.see('#/');
    // What is told before it listens nobody hears.
    await page.getByText('live', { exact: true }).waitFor();
    const link = page.getByRole('link', { name: 'deposits.stage' });
    await link.focus();
    await page.evaluate('scrollTo(0, 300)');
    const pipelines = overview.pipelines.map((row) => ({ ...row, lag: 77_777 }));
    told.tell({ ...(overview as object), pipelines });
    await page.getByText('77,777').first().waitFor();
    expect(await page.evaluate('document.activeElement.textContent')).toBe('deposits.stage');
    expect(await page.evaluate('scrollY')).toBe(300);
    await page.setViewportSize({ width: 1_280, height: 800 });
  });

  it('says when the daemon is heard no more, and that it is again', async () => {
    const { page } = looking;
    await looking.see('#/');
    await page.getByText('live', { exact: true }).waitFor();
    await page.context().setOffline(true);
    told.tell(undefined);
    await page.getByText('Connection lost').waitFor();
    await page.context().setOffline(false);
    await page.getByText('live', { exact: true }).waitFor();
  });
});

describe.skipIf(browser === undefined)('the keyboard', () => {
  it('leads to views and to the search, and skips the menu', async () => {
    const { page } = looking;
    await looking.see('#/');
    await page.keyboard.press('g');
    await page.keyboard.press('p');
    await page.getByRole('heading', { name: 'Payments', level: 1 }).waitFor();
    await page.locator('main:not([aria-busy])').waitFor();
    await page.keyboard.press('/');
    expect(await page.evaluate('document.activeElement.type')).toBe('search');
    await page.keyboard.type('gd5001');
    await page.keyboard.press('Enter');
    await page.getByRole('heading', { name: 'Order 5001' }).waitFor();
    await page.reload();
    await page.locator('main h1').waitFor();
    await page.keyboard.press('Tab');
    expect(await page.evaluate('document.activeElement.textContent')).toBe('Skip to content');
    await page.keyboard.press('Enter');
    expect(await page.evaluate('document.activeElement.id')).toBe('main');
    expect(page.url()).toContain('#/payments/');
  });

  it('opens the menu of a phone', async () => {
    const phone = await look(browser as never, told.url, 'phone');
    await phone.see('#/');
    await phone.page.getByRole('button', { name: 'Menu' }).focus();
    await phone.page.keyboard.press('Enter');
    await phone.shoot('told-menu');
    await phone.page.getByRole('link', { name: 'Account links' }).click();
    await phone.page.getByRole('heading', { name: 'Account links' }).waitFor();
    expect(await phone.page.getByRole('link', { name: 'Jobs' }).isVisible()).toBe(false);
  });
});
