import { beforeAll, describe, expect, it } from 'vitest';
import type { Json } from '../../src/runtime/jobs/job.ts';
import { aBrowser, type Looking } from './aBrowser.ts';
import { aToldPage } from './aToldPage.ts';
import type { ToldApi } from './toldApi.ts';
import { toldAnswers } from './toldAnswers.ts';
import { views } from './views.ts';

/** Everything that a browser might run, in what a message may fill a field with. */
const script = `"'><img src=x onerror="window.ran=1"><script>window.ran=1</script><svg onload="window.ran=1"><a href="javascript:window.ran=1">x</a>`;

const browser = await aBrowser();
let told: ToldApi;
let looking: Looking;

beforeAll(async () => {
  if (browser === undefined) return;
  ({ told, looking } = await aToldPage(browser));
  told.answers = Object.fromEntries(Object.entries(toldAnswers).map(([name, answer]) => [name, poisoned(answer)]));
  // An address that the daemon names leads nowhere but into the page.
  const attention = [{ level: 'page', text: 'window.ran=1', view: 'javascript:window.ran=1' }];
  told.answers['overview.show'] = { ...(told.answers['overview.show'] as object), attention };
});

/** The same with the script behind every text and in every name of a field. */
function poisoned(value: Json): Json {
  if (typeof value === 'string') return value + script;
  if (typeof value !== 'object' || value === null) return value;
  if (Array.isArray(value)) return value.map((part: Json) => poisoned(part));
  const entries = Object.entries(value as { readonly [field: string]: Json });
  return Object.fromEntries([...entries.map(([name, part]) => [name, poisoned(part)] as const), [script, script]]);
}

async function expectNothingRan(): Promise<void> {
  expect(await looking.page.evaluate('window.ran')).toBe(undefined);
  expect(
    await looking.page.evaluate(`document.querySelectorAll('#app img, #app script, #app [onload], #app [href^=javascript]').length`),
  ).toBe(0);
  expect(looking.flaws).toEqual([]);
}

describe.skipIf(browser === undefined)('a script in every field', () => {
  it.each(Object.entries(views))('is text in the view %s', async (_, hash) => {
    await looking.see(hash);
    await looking.page.locator('main:not([aria-busy])').waitFor();
    expect(await looking.page.locator('main').innerText()).toContain('window.ran=1');
    for (const details of await looking.page.locator('main details:not([open]) > summary').all()) await details.click();
    await expectNothingRan();
  });

  it('is text in an action and its answer', async () => {
    told.answers['pipelines.pause/effect'] = told.answers['pipelines.pause'] = poisoned({ state: 'paused', list: ['x', { deep: 'y' }] });
    told.answers['pipelines.resume/effect'] = told.answers['pipelines.resume'] = told.answers['pipelines.pause'];
    await looking.see('#/pipelines/billing.deliver');
    await looking.page.getByRole('button', { name: 'Resume' }).click();
    await looking.page.getByRole('dialog').getByRole('heading', { name: 'This would do' }).waitFor();
    await looking.page.getByLabel('Reason').fill(script);
    await looking.page.getByRole('dialog').getByRole('button', { name: 'Resume' }).click();
    await looking.page.getByRole('heading', { name: 'Done: Resume' }).waitFor();
    await expectNothingRan();
  });

  it('does not run in the preview of a mail, which looks as its member saw it', async () => {
    await looking.see('#/billing/1001');
    await looking.page.getByRole('button', { name: 'Preview the mail' }).first().click();
    await looking.page.frameLocator('iframe').getByText('63,200원').waitFor();
    const inside = `document.querySelector('iframe').contentDocument.querySelector('p')`;
    const styled = `(({ fontSize, color }) => [fontSize, color])(document.querySelector('iframe').contentWindow.getComputedStyle(${inside}))`;
    expect(await looking.page.evaluate(styled)).toEqual(['20px', 'rgb(1, 2, 3)']);
    expect(await looking.page.evaluate(`document.querySelector('iframe').contentWindow.ran`)).toBe(undefined);
    await looking.shoot('told-mail');
    await expectNothingRan();
  });
});
