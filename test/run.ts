import { globSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { redisBinary } from '../stack/redisBinary.ts';
import { withServices } from '../vitest.config.ts';
import { closingLine, countsOf, type Counts, type Report } from './support/counts.ts';
import { step } from './support/step.ts';

/**
 * `npm test [-- FILE…]`: types, the start of the program, and all tests with real services. The last line counts what passed
 * and failed; the exit code is 0 only if nothing failed.
 *
 * Where a service cannot be had, the integration tests are skipped with the reason, each file counted once; with CI set in the
 * environment that is a failure.
 */
async function main(files: readonly string[]): Promise<number> {
  const types = await check('types', 'tsc', ['-p', '.']);
  const page = await check('types of the page', 'tsc', ['-p', 'src/console/page']);
  // vitest accepts syntax that Node.js refuses to strip, so the program itself must start.
  const start = await check('start', process.execPath, ['src/main.ts', '--help']);
  const missing = await missingService();
  const isSkipping = missing !== undefined && !isCi;
  if (missing !== undefined) console.log(`${isSkipping ? 'skipped' : 'FAILED'}  integration tests: ${missing}`);
  const tests = await runTests([...(isSkipping ? ['--project', 'unit'] : []), ...files]);
  const skipped = isSkipping ? globSync(withServices).length : 0;

  const all = [types, page, start, tests, { passed: 0, failed: 0, skipped }];
  const sum = (of: (counts: Counts) => number): number => all.reduce((total, counts) => total + of(counts), 0);
  const total = { passed: sum((one) => one.passed), failed: sum((one) => one.failed), skipped: sum((one) => one.skipped) };
  console.log(closingLine(total));
  return total.failed === 0 ? 0 : 1;
}

const isCi = (process.env['CI'] ?? '') !== '';

async function check(name: string, command: string, args: readonly string[]): Promise<Counts> {
  const { isPassed, output } = await step(command, args, { isShown: false });
  console.log(`${isPassed ? 'passed' : 'FAILED'}  ${name}`);
  if (!isPassed) console.log(output);
  return { passed: Number(isPassed), failed: Number(!isPassed), skipped: 0 };
}

/** Why the integration tests cannot run here; undefined where they can. */
async function missingService(): Promise<string | undefined> {
  try {
    await redisBinary();
    return undefined;
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}

async function runTests(args: readonly string[]): Promise<Counts> {
  const folder = mkdtempSync(join(tmpdir(), 'weir-report-'));
  const file = join(folder, 'report.json');
  const reporters = ['--reporter=default', '--reporter=json', `--outputFile.json=${file}`];
  const { isPassed } = await step('vitest', ['run', ...reporters, ...args], { isShown: true });
  try {
    return countsOf(JSON.parse(readFileSync(file, 'utf8')) as Report, isPassed);
  } catch {
    return { passed: 0, failed: 1, skipped: 0 };
  } finally {
    rmSync(folder, { recursive: true });
  }
}

process.exitCode = await main(process.argv.slice(2));
