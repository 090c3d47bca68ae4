import { describe, expect, it } from 'vitest';
import type { SourceStatus } from '../../../src/connectors/sourceStatus.ts';
import { pipelineAttention, pipelineRow } from '../../../src/console/overview/pipelineRow.ts';
import type { Wait } from '../../../src/message/wait.ts';
import type { PipelineState, Supervised } from '../../../src/runtime/supervise.ts';
import { virtualClock } from '../../../src/runtime/virtualClock.ts';

const recent = { rate: 0, retries: 0, dead: 0, history: [] };
const pause = { pipeline: 'p', actor: 'kim', reason: 'a deploy', pausedAt: new Date('2026-10-31T12:00:00Z') };

/** What is told of a pipeline that came into its state 30 s after midnight, two minutes after it. */
async function told(
  state: PipelineState,
  { source, waits = [], isPaused = false }: { source?: Partial<SourceStatus>; waits?: readonly Wait[]; isPaused?: boolean } = {},
): Promise<readonly string[]> {
  const clock = virtualClock(new Date('2026-11-01T00:00:00Z'));
  await clock.advance(120_000);
  const supervised = {
    ...{
      name: 'p',
      state: () => state,
      sinceMs: () => 30_000,
      reason: () => 'why',
      waits: () => waits,
      restarts: () => 0,
      spans: () => [],
    },
    ...{ counts: () => ({ inFlight: 0 }), source: () => source },
  } as unknown as Supervised;
  const running = { supervised, lag: () => Promise.resolve(0) };
  const row = await pipelineRow({ name: 'p', profile: 'consumer', running, pause: isPaused ? pause : undefined, recent }, clock);
  return pipelineAttention(row).map(({ level, text, since }) => `${level} ${text}, since ${since}`);
}

describe('what of a pipeline a person should look at', () => {
  it('is told with the time at which it came into its state', async () => {
    expect(await told('running')).toEqual([]);
    expect(await told('failed')).toEqual(['page p has failed for good: why, since 2026-11-01T00:00:30.000Z']);
    expect(await told('backingOff')).toEqual(['page p is started again after a failure: why, since 2026-11-01T00:00:30.000Z']);
    expect(await told('paused')).toEqual(['ticket p is paused: why, since 2026-11-01T00:00:30.000Z']);
  });

  it('is told with the time at which an operator paused it, also where that was before this process began', async () => {
    expect(await told('paused', { isPaused: true })).toEqual(['ticket p is paused: why, since 2026-10-31T12:00:00.000Z']);
  });

  it('is told with the time since when its source waits', async () => {
    const source = { reason: 'the broker is away', sinceMs: 60_000 };
    expect(await told('running', { source })).toEqual(['page p waits: the broker is away, since 2026-11-01T00:01:00.000Z']);
    const waits: readonly Wait[] = [{ why: 'breaker', name: 'smtp' }];
    expect(await told('running', { source, waits })).toEqual(['page p waits: breaker: smtp; the broker is away, since null']);
  });
});
