// What states are called and in which colour they are shown. Lists that a type closes: a new state does not pass tsc without its colour.
import type { SourceState } from '../../src/connectors/sourceStatus.ts';
import type { PipelineState } from '../../src/runtime/supervise.ts';
import type { Shade } from './panels.ts';

export const pipelineStates: Readonly<Record<PipelineState, Shade>> = {
  starting: { text: 'starting', color: 'light-blue' },
  running: { text: 'running', color: 'green' },
  paused: { text: 'paused', color: 'orange' },
  backingOff: { text: 'backing off', color: 'yellow' },
  draining: { text: 'draining', color: 'blue' },
  stopped: { text: 'stopped', color: 'text' },
  failed: { text: 'failed', color: 'red' },
};

export const sourceStates: Readonly<Record<SourceState, Shade>> = {
  idle: { text: 'idle', color: 'text' },
  joining: { text: 'joining', color: 'light-blue' },
  reading: { text: 'reading', color: 'green' },
  standby: { text: 'standby', color: 'blue' },
  silent: { text: 'silent', color: 'orange' },
  away: { text: 'away', color: 'yellow' },
  wedged: { text: 'wedged', color: 'red' },
};

/** By the numbers of weir_breaker_state. */
export const breakerStates: Readonly<Record<number, Shade>> = {
  0: { text: 'calls pass', color: 'green' },
  1: { text: 'trying', color: 'yellow' },
  2: { text: 'held back', color: 'red' },
};

/** By the numbers of weir_schedule_off. */
export const switchStates: Readonly<Record<number, Shade>> = {
  0: { text: 'on', color: 'green' },
  1: { text: 'off', color: 'orange' },
};

/** How messages end. */
export const outcomeColours = { done: 'green', skipped: 'blue', deferred: 'yellow', dead: 'red', released: 'purple' } as const;
