import { prometheusBinaries, type PrometheusBinaries } from '../../stack/prometheusBinaries.ts';

/**
 * The commands of Prometheus, or undefined where they cannot be had: the tests that need them are then skipped with the reason
 * on the screen. With CI set in the environment that is a failure.
 */
export async function prometheusHere(): Promise<PrometheusBinaries | undefined> {
  try {
    return await prometheusBinaries();
  } catch (error) {
    if ((process.env['CI'] ?? '') !== '') throw error;
    console.warn(`skipped: ${error instanceof Error ? error.message : String(error)}`);
    return undefined;
  }
}
