import type { Browser } from 'playwright-core';
import { atTheEnd } from '../support/atTheEnd.ts';
import { look, type Looking } from './aBrowser.ts';
import { startToldApi, type ToldApi } from './toldApi.ts';

/** The page over an API whose answers are told, in a light screen; closed at the end of the file. */
export async function aToldPage(browser: Browser): Promise<{ readonly told: ToldApi; readonly looking: Looking }> {
  const told = await startToldApi();
  atTheEnd(() => told.close());
  return { told, looking: await look(browser, told.url) };
}
