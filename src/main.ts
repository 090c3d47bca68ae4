import { systems } from '../pipelines/index.ts';
import { runProcess } from './commandLine/runProcess.ts';
import { realClock } from './runtime/clock.ts';

await runProcess(systems, realClock);
