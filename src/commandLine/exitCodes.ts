import type { ErrorCode } from '../errors.ts';

/** How a command ended, for scripts and service managers. */
export const exitCodes = {
  /** Done; of the daemon: a clean drain. */
  ok: 0,
  /** Failed, or stopped before everything was settled; of a check: it has found something. */
  failed: 1,
  /** The command line was not understood, or names something that does not exist. */
  usage: 2,
  /** A job's run failed or was refused; `weir job show` tells why. */
  jobFailed: 3,
  /** The daemon that was asked does not answer, or not yet (EX_UNAVAILABLE of sysexits). */
  unavailable: 69,
  /** The token is not good, or its role does not allow it (EX_NOPERM of sysexits). */
  denied: 77,
  /** Wrong options, a missing key, a port in use, or a schema that does not fit: starting again does not help (EX_CONFIG of sysexits). */
  configuration: 78,
} as const;

export type ExitCode = (typeof exitCodes)[keyof typeof exitCodes];

/** Whether an error passes only when a person changes an option or the schema. */
export function isOfConfiguration(code: ErrorCode): boolean {
  return code === 'invalidOption' || code === 'schemaMismatch' || code === 'portInUse' || code === 'keyMissing';
}
