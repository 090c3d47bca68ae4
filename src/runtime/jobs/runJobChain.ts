import type { Source } from '../../connectors/source.ts';
import { runChain, type ChainRun } from '../runChain.ts';
import type { JobPartition } from './job.ts';
import type { JobSpec } from './jobSpec.ts';

/** Runs the rows of a partition through the chain of its job. */
export function runJobChain<P, O, K, V, T>(
  { job, ports, options, settings, clock, meter, log }: JobSpec<P, O, K, V, T>,
  partition: JobPartition<K>,
  source: Source<V>,
): ChainRun {
  return runChain({
    name: job.name,
    source,
    chain: (row$) => job.chain(row$, ports, options, partition),
    clock,
    meter,
    log,
    limits: settings,
    stopTimeoutMs: settings.stopTimeoutMs,
  });
}
