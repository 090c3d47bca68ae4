// Weir as the demo runs it: the same program on a clock whose calendar follows the demo's.
import { systems } from '../../pipelines/index.ts';
import { runProcess } from '../../src/commandLine/runProcess.ts';
import { movedClock } from './movedClock.ts';

const clock = movedClock(Number(process.env['DEMO_AHEAD_MS']));
process.on('message', (aheadMs: number) => {
  clock.aheadMs = aheadMs;
  process.send?.(aheadMs);
});
// A worker does not outlive its demo.
process.on('disconnect', () => process.exit(1));

await runProcess(systems, clock);
