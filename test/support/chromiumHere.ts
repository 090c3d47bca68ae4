import { chromium, type Chromium } from './chromium.ts';

/**
 * Chromium, or undefined where it cannot be had: the tests that need it are then skipped with the reason on the screen. With CI set in the
 * environment that is a failure.
 */
export async function chromiumHere(): Promise<Chromium | undefined> {
  try {
    return await chromium();
  } catch (error) {
    if ((process.env['CI'] ?? '') !== '') throw error;
    console.warn(`skipped: ${error instanceof Error ? error.message : String(error)}`);
    return undefined;
  }
}
