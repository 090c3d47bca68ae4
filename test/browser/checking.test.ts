import { beforeAll, expect, describe, it } from 'vitest';
import { aBrowser, expectNothingBeside, type Looking } from './aBrowser.ts';
import { expectAccessible } from './axe.ts';
import { aToldPage } from './aToldPage.ts';
import { Refused, type ToldApi } from './toldApi.ts';

const browser = await aBrowser();
let told: ToldApi;
let looking: Looking;

beforeAll(async () => {
  if (browser !== undefined) ({ told, looking } = await aToldPage(browser));
});

const says = 'Remittance 77 is DEPOSITED, and its records are none.';

async function check(view = 'remittance', name = 'Check the books'): Promise<ReturnType<Looking['page']['getByRole']>> {
  await looking.page.goto('about:blank');
  await looking.see(`#/${view}`);
  await looking.page.getByRole('button', { name }).click();
  return looking.page.getByRole('dialog', { name });
}

describe.skipIf(browser === undefined)('the check of the books', () => {
  it('shows what it has found as an answer, and how our money comes about', async () => {
    told.answers['remittance.check'] = {
      ...{ result: 'the books are wrong, or the bank contradicts itself', accounts: 4, remittances: 78, sumMinor: '0' },
      findings: [{ what: 'RECORDS', key: '77', says, foundMinor: '0', expectedMinor: '12000' }],
      ourAccounts: [{ account: 'POOL', ledgerMinor: '0', explainedMinor: '12000', unbookedMinor: '12000', unexplainedMinor: '-12000' }],
    };
    const dialog = await check();
    await dialog.getByRole('heading', { name: 'Findings' }).waitFor();
    const cells = async (table: string): Promise<readonly string[]> =>
      (await dialog.getByRole('table', { name: table }).locator('tbody tr').first().locator('th, td').allInnerTexts()).map((text) =>
        text.trim(),
      );
    expect(await cells('Findings')).toEqual(['RECORDS', '77', says, '0 won', '12,000 won']);
    expect(await cells('Our accounts')).toEqual(['POOL', '0 won', '12,000 won', '12,000 won', '-12,000 won']);
    expect(await dialog.getByRole('alert').count()).toBe(0);
    await expectNothingBeside(looking);
    await expectAccessible(looking);
    await looking.shoot('told-findings');
    expect(looking.flaws).toEqual([]);
  });

  it('says so where the books could not be read: that is none of its findings', async () => {
    told.answers['remittance.check'] = new Refused(503, 'the database is away');
    const dialog = await check();
    expect(await dialog.getByRole('alert').innerText()).toContain('The daemon could not do this. the database is away');
    expect(await dialog.getByRole('heading', { name: 'Findings' }).count()).toBe(0);
  });
});

describe.skipIf(browser === undefined)('the check of all balances', () => {
  const counts = { accounts: 12, notTheSum: 0, differentInRedis: 0, behindInRedis: 0, balanceMissing: 0 };
  it.each([
    ['all balances are right', 'good'],
    ['balances are wrong', 'bad'],
    ['wrong balances are shown', 'bad'],
    ['what is shown is behind', 'warning'],
    ['balances are right, what is shown is unknown', 'warning'],
  ])('shows what is %s as %s', async (result, tone) => {
    told.answers['deposits.check'] = { result, ...counts, findings: [] };
    const dialog = await check('deposits', 'Check all balances');
    const badge = dialog.locator('.badge');
    expect([await badge.innerText(), await badge.getAttribute('class')]).toEqual([result, `badge ${tone}`]);
    expect(looking.flaws).toEqual([]);
  });
});
