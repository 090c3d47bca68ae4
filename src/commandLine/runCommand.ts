import { stopSignals } from '../runtime/stopSignals.ts';
import { ready, type CommonFlags, type Place } from './context.ts';
import { runDaemon } from './daemon.ts';
import type { ExitCode } from './exitCodes.ts';
import { WeirError } from '../errors.ts';
import { runJobCommand } from './runJobCommand.ts';

export interface RunFlags extends CommonFlags {
  readonly profile?: string;
  readonly hold?: boolean;
  readonly job?: string;
  readonly key?: string;
  readonly dryRun?: boolean;
  readonly skipped?: boolean;
  readonly reason?: string;
}

/** `weir run`: the daemon; with `--job` one job in the foreground. */
export async function runCommand<P>(place: Place<P>, flags: RunFlags): Promise<ExitCode> {
  const { job, key, profile, ...others } = flags;
  if (job !== undefined) {
    if (key === undefined) throw new WeirError('invalidKey', `a run of ${job} needs its key: --key KEY`);
    return runJobCommand(place, { ...others, job, key });
  }
  const set = [...(flags.set ?? []), ...(profile === undefined ? [] : [`profiles=${profile}`])];
  const { options, log, levels } = ready(place, { ...others, set });
  requireProfiles(place, options.process.profiles);
  const signals = stopSignals(process, log);
  const { systems, migrations, clock } = place;
  return runDaemon({ systems, options, migrations, clock, log, levels, signals, isHeld: flags.hold === true });
}

function requireProfiles<P>({ systems }: Place<P>, profiles: readonly string[]): void {
  const known = [...new Set([...systems.pipelines, ...systems.jobs].map(({ profile }) => profile))];
  const unknown = profiles.filter((profile) => !known.includes(profile));
  if (unknown.length === 0) return;
  throw new WeirError('invalidOption', `there is no profile ${unknown.join(', ')}; there are ${known.join(', ')} (profiles)`);
}
