import type { Bus, Topic } from '../../connectors/bus.ts';
import type { Database } from '../../connectors/database.ts';
import { codeOf, kindOf, textOf } from '../../errors.ts';
import type { Logger } from '../../logging/logger.ts';
import { backOffMs } from '../../message/backOff.ts';
import type { Clock } from '../../message/clock.ts';
import { pause } from '../../message/pause.ts';
import type { WakeUp } from '../jobs/wakeUp.ts';
import { unlessStopped } from '../unlessStopped.ts';
import { publishLetters } from './publishLetters.ts';
import { claimReplay, completeReplay, endLetters, nextPositions, releaseReplay, type ReplayClaim } from './replayStore.ts';

export interface ReplaysSpec {
  readonly database: Database;
  readonly bus: Pick<Bus, 'publish' | 'deadLettersOf'>;
  readonly topics: readonly Topic[];
  readonly clock: Clock;
  readonly log: Logger;
  /** Name of this process, as holder of leases. */
  readonly holder: string;
  /** How long a replay stays with a process that says nothing, in milliseconds. Longer than publishing and recording a chunk takes. */
  readonly leaseMs: number;
  /** Wakes the search for replays; its own wait is how often one is looked for that nobody told of. */
  readonly wakeUp: WakeUp;
  readonly draining: AbortSignal;
}

/** Letters published at once at most. */
const chunkSize = 100;
const failing = { firstMs: 200, maxMs: 10_000 };

/**
 * Publishes the letters of replays to their topics, whoever asked for them, in their order and at their rate; one process at a
 * time works on a replay, and another goes on when it dies. A letter is published, then recorded: a crash between repeats at
 * most a chunk, which consumers absorb. Resolves once it is drained.
 */
export async function runReplays(spec: ReplaysSpec): Promise<void> {
  const { clock, draining, log, wakeUp } = spec;
  draining.addEventListener('abort', () => wakeUp.wake(), { once: true });
  for (let failures = 0; !draining.aborted;) {
    try {
      // A silent database holds up no stop: what is under way is left to its lease.
      await unlessStopped(clock, draining, takeTurn(spec));
      failures = 0;
    } catch (error) {
      if (kindOf(error) === 'defect') throw error;
      failures += 1;
      log.warn('dead letters cannot be replayed for now', { code: codeOf(error), error: textOf(error) });
      await pause(clock, backOffMs(failing, failures, clock), draining);
    }
  }
}

/** Works on a replay until its end, or waits until there may be one. */
async function takeTurn(spec: ReplaysSpec): Promise<void> {
  const { database, topics, wakeUp, holder, leaseMs } = spec;
  const claim = await claimReplay(database, { topics: topics.map(({ name }) => name), holder, leaseMs });
  if (claim === undefined) await wakeUp.wait();
  else await replay(spec, claim);
}

async function replay(spec: ReplaysSpec, claim: ReplayClaim): Promise<void> {
  const { bus, clock, database, draining, leaseMs, log } = spec;
  const topic = spec.topics.find(({ name }) => name === claim.topic);
  if (topic === undefined) throw new TypeError(`${claim.topic} is not a topic of this process`);
  const [sink, reader] = [bus.publish(topic, { isReplay: true }), bus.deadLettersOf(topic)];
  try {
    while (!draining.aborted) {
      const beganMs = clock.elapsedMs();
      const positions = await nextPositions(database, claim, Math.min(chunkSize, claim.perSecond));
      if (positions.length === 0) {
        await completeReplay(database, claim, clock.now());
        log.info('replay of dead letters completed', { key: claim.id.toString(), partition: claim.topic });
        return;
      }
      const ends = await publishLetters(reader, sink, positions);
      await endLetters(database, claim, ends, leaseMs, clock.now());
      await pause(clock, (positions.length / claim.perSecond) * 1_000 - (clock.elapsedMs() - beganMs), draining);
    }
    await releaseReplay(database, claim);
  } catch (error) {
    if (codeOf(error) === 'fenced') return;
    // Whoever claims it next need not wait for the lease; where the database is away, it does.
    await releaseReplay(database, claim).catch(() => undefined);
    throw error;
  } finally {
    await sink.close();
  }
}
