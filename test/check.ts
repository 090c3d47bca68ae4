import { step } from './support/step.ts';

/**
 * `npm run check`: everything that needs no service, in under a minute. Two at a time; each shows its output when it fails.
 * The exit code is 0 only if all passed.
 */
const checks: readonly (readonly [name: string, command: string, args: readonly string[]])[] = [
  ['lint', 'eslint', ['.']],
  ['types', 'tsc', ['-p', '.']],
  ['types of the page', 'tsc', ['-p', 'src/console/page']],
  ['unit tests', 'vitest', ['run', '--project', 'unit', '--reporter=dot']],
  ['format', 'prettier', ['--check', '.']],
  ['architecture', 'depcruise', ['.']],
  ['unused code', 'knip', []],
];

const waiting = [...checks];
let failed = 0;

async function work(): Promise<void> {
  for (let check = waiting.shift(); check !== undefined; check = waiting.shift()) {
    const [name, command, args] = check;
    const { isPassed, output, seconds } = await step(command, args, { isShown: false });
    if (!isPassed) failed++;
    console.log(`${isPassed ? 'passed' : 'FAILED'}  ${name} (${seconds.toFixed(1)} s)`);
    if (!isPassed) console.log(output);
  }
}

await Promise.all([work(), work()]);
console.log(`${checks.length - failed} of ${checks.length} checks passed`);
process.exitCode = failed === 0 ? 0 : 1;
