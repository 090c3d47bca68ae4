import { mkdirSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { chromium as playwright, type Browser, type Page } from 'playwright-core';
import { expect } from 'vitest';
import { atTheEnd } from '../support/atTheEnd.ts';
import { chromiumHere } from '../support/chromiumHere.ts';

/** How a screen is: a desk in the light and in the dark, and a phone. */
export const screens = {
  light: { viewport: { width: 1_280, height: 800 }, colorScheme: 'light' },
  dark: { viewport: { width: 1_280, height: 800 }, colorScheme: 'dark' },
  phone: { viewport: { width: 390, height: 844 }, colorScheme: 'light' },
} as const;

export type Screen = keyof typeof screens;

/** A page in a browser, and what went wrong in it. */
export interface Looking {
  readonly page: Page;
  /** What its policy has stopped, what it has thrown, what it has written to its console as an error. */
  readonly flaws: string[];
  /** Goes to a view, and waits until it is shown. */
  see(hash: string): Promise<void>;
  /** Keeps a picture of the whole view in the folder that `WEIR_SCREENSHOTS` names. */
  shoot(name: string): Promise<void>;
}

export const shots = process.env['WEIR_SCREENSHOTS'] ?? join(tmpdir(), 'weir-screenshots');

/** What Chromium is started with, as its test's time allows: a sandbox needs rights that containers do not have. */
const switches = ['--no-sandbox', '--disable-dev-shm-usage', '--lang=en'];

/** A browser for this file, closed at its end; undefined where none can be had. */
export async function aBrowser(): Promise<Browser | undefined> {
  const found = await chromiumHere();
  if (found === undefined) return undefined;
  const env = Object.fromEntries(Object.entries(found.env).flatMap(([name, value]) => (value === undefined ? [] : [[name, value]])));
  const browser = await playwright.launch({ executablePath: found.command, args: switches, env });
  atTheEnd(() => browser.close());
  return browser;
}

/** Opens the console of an admin port in a browser of its own, with its own cookies. */
export async function look(browser: Browser, url: string, screen: Screen = 'light'): Promise<Looking> {
  const context = await browser.newContext({ ...screens[screen], locale: 'en-GB', timezoneId: 'Asia/Seoul' });
  atTheEnd(() => context.close());
  const page = await context.newPage();
  page.setDefaultTimeout(15_000);
  const flaws: string[] = [];
  page.on('pageerror', (error) => flaws.push(`thrown: ${error.message}`));
  page.on('console', (message) => {
    // A refusal is shown by the page; the browser tells it here too.
    if (message.type() === 'error' && !message.text().includes('the server responded with a status of'))
      flaws.push(`told: ${message.text()}`);
  });
  // Everything that the policy stops is known to the page that asked for it.
  await page.addInitScript(
    `addEventListener('securitypolicyviolation', ({ violatedDirective, blockedURI }) => console.error('policy: ' + violatedDirective + ' ' + blockedURI))`,
  );
  return {
    page,
    flaws,
    see: async (hash) => {
      await page.goto('about:blank');
      await page.goto(`${url}/${hash}`);
      await page.locator('main:not([aria-busy]) h1').waitFor();
    },
    shoot: async (name) => {
      mkdirSync(shots, { recursive: true });
      await page.screenshot({ path: join(shots, `${name}-${screen}.png`), fullPage: true });
    },
  };
}

/** Logs in by the form, as a person does. */
export async function logIn({ page }: Looking, url: string, token: string): Promise<void> {
  await page.goto(url);
  await page.getByLabel('Token').fill(token);
  await page.getByRole('button', { name: 'Log in' }).click();
  await page.getByRole('button', { name: 'Log out' }).waitFor();
}

/** Nothing is wider than the screen but what scrolls in a box of its own, and nothing runs out of its cell into the next. */
export async function expectNothingCut({ page }: Looking): Promise<void> {
  const tooWide = `document.documentElement.scrollWidth <= innerWidth ? [] : [...document.querySelectorAll('body *')]
    .filter((element) => element.getBoundingClientRect().right > innerWidth && element.children.length === 0)
    .map((element) => element.tagName + ': ' + element.textContent.slice(0, 80))`;
  expect(await page.evaluate<readonly string[]>(tooWide), 'wider than the screen').toEqual([]);
  const overflowing = `[...document.querySelectorAll('th, td, dt, dd, button')].filter((cell) => cell.scrollWidth > cell.clientWidth + 1)
    .map((cell) => cell.tagName + ': ' + cell.textContent.slice(0, 80))`;
  expect(await page.evaluate<readonly string[]>(overflowing), 'wider than their cells').toEqual([]);
}

/** Nothing has to be scrolled sideways to be seen: true of what there is as a rule, and not of any name that a stranger may send. */
export async function expectNothingBeside({ page }: Looking): Promise<void> {
  const scrolled = `[...document.querySelectorAll('.scroll, .facts')].filter((box) => box.scrollWidth > box.clientWidth + 1)
    .map((box) => box.scrollWidth + ' in ' + box.clientWidth + ': ' + box.textContent.slice(0, 80))`;
  expect(await page.evaluate<readonly string[]>(scrolled), 'wider than their boxes').toEqual([]);
}
