import { Redis } from 'ioredis';
import { beforeAll, describe, expect, it } from 'vitest';
import { emailTopic } from '../../pipelines/billing/dispatchedBill.ts';
import { anOperatedMonth, type OperatedMonth } from '../integration/console/aDaemon.ts';
import { atTheEnd } from '../support/atTheEnd.ts';
import { aBrowser, expectNothingCut, logIn, look, type Looking } from './aBrowser.ts';

const undecodable = 90_000;
const refused = 10_000;

const browser = await aBrowser();
let month: OperatedMonth;
let looking: Looking;
/** The id of the newest. */
let newest: string;

beforeAll(async () => {
  if (browser === undefined) return;
  month = await anOperatedMonth();
  newest = await putAside();
  // No pipeline here reads the topic: what is put aside stays.
  const weir = await month.start('--profile', 'streams');
  const url = await weir.adminUrl();
  looking = await look(browser, url);
  await logIn(looking, url, month.token);
}, 240_000);

/** Fills the topic's dead letters, the two kinds mixed. Answers the id of the last. */
async function putAside(): Promise<string> {
  const redis = new Redis(month.redisUrl);
  atTheEnd(() => redis.quit());
  const fieldsOf = (stage: string, code: string): readonly string[] => {
    const headers = { 'weir-pipeline': 'billing.deliver', 'weir-stage': stage, 'weir-code': code, 'weir-attempts': '1', 'weir-text': 'x' };
    return ['key', '1001', 'value', 'x', 'headers', JSON.stringify(headers)];
  };
  const kinds = [fieldsOf('send', 'refused'), ...Array.from({ length: 9 }, () => fieldsOf('decode', 'undecodable'))];
  for (let written = 0; written < undecodable + refused; written += 1_000) {
    const pipeline = redis.pipeline();
    for (let at = 0; at < 1_000; at += 1) pipeline.xadd(emailTopic.deadLetters, '*', ...(kinds[at % kinds.length] ?? []));
    await pipeline.exec();
  }
  const [last] = await redis.xrevrange(emailTopic.deadLetters, '+', '-', 'COUNT', 1);
  return last?.[0] ?? '';
}

/** Rows of tables, and everything that the page has. */
async function size(): Promise<{ readonly rows: number; readonly elements: number }> {
  return looking.page.evaluate(
    `({ rows: document.querySelectorAll('main tbody tr').length, elements: document.querySelectorAll('*').length })`,
  );
}

describe.skipIf(browser === undefined)('100,000 dead letters', { timeout: 180_000 }, () => {
  it('are shown as their groups, counted', async () => {
    const { page } = looking;
    page.setDefaultTimeout(60_000);
    await looking.see('#/dead-letters');
    const rows = page.locator('main tbody tr');
    expect(await rows.filter({ hasText: 'undecodable' }).innerText()).toContain('90,000');
    expect(await rows.filter({ hasText: 'refused' }).innerText()).toContain('10,000');
    const { elements, ...bounded } = await size();
    expect(bounded).toEqual({ rows: 2 });
    expect(elements).toBeLessThan(1_000);
    await expectNothingCut(looking);
    await looking.shoot('many-letters');
  });

  it('are listed by pages, the newest first', async () => {
    const { page } = looking;
    await looking.see(`#/dead-letters/${emailTopic.name}`);
    const positions = (): Promise<readonly string[]> =>
      page.getByRole('table', { name: 'Open dead letters' }).locator('tbody th').allInnerTexts();
    const first = await positions();
    expect(first).toHaveLength(20);
    expect(first[0]).toBe(newest);
    await page.getByRole('link', { name: 'Next page' }).click();
    await page.getByRole('link', { name: 'First page' }).waitFor();
    const second = await positions();
    expect(second).toHaveLength(20);
    expect(second.filter((position) => first.includes(position))).toEqual([]);
    const { elements, rows } = await size();
    expect(rows).toBe(22);
    expect(elements).toBeLessThan(1_000);
  });

  it('are meant by a replay in their number, and none is published before it is done', async () => {
    const { page } = looking;
    await looking.see('#/dead-letters');
    await page.locator('main tbody tr').filter({ hasText: 'undecodable' }).getByRole('button', { name: 'Replay' }).click();
    const dialog = page.getByRole('dialog');
    await dialog.getByRole('heading', { name: 'This would do' }).waitFor();
    expect(await dialog.locator('.effect').innerText()).toMatch(/Selected\s+1,000\s+Left as they are\s+89,000/);
    await dialog.getByLabel('Cap').fill('100000');
    await dialog.getByLabel('Reason').fill('all of them');
    await dialog.locator('.effect').getByText('90,000').waitFor();
    expect(await dialog.locator('.effect').innerText()).toMatch(/Selected\s+90,000\s+Left as they are\s+0/);
    await looking.shoot('many-letters-effect');
    await page.keyboard.press('Escape');
    expect(await month.topic.entries()).toEqual([]);
    expect(await month.database.query('SELECT FROM weir.dead_letter_action')).toEqual([]);
    expect(looking.flaws).toEqual([]);
  });
});
