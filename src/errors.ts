/**
 * How an error is treated.
 *
 * - `transient`: may pass; tried again with back-off.
 * - `permanent`: never will; the message is refused or put aside.
 * - `unknown`: nobody can tell whether the effect happened; recorded as such, never treated as failure.
 * - `defect`: a mistake in the program; never retried.
 */
export type ErrorKind = 'transient' | 'permanent' | 'unknown' | 'defect';

/**
 * Every code that Weir gives an error, with its kind: a closed list, since codes are labels of metrics and keys of runbooks. What
 * each means stands in `errorGuide`.
 */
export const errorCodes = {
  // What a message carries.
  undecodable: 'permanent',
  oversize: 'permanent',
  newerVersion: 'permanent',
  deliveryLimit: 'permanent',
  decryption: 'permanent',
  keyMissing: 'transient',
  // What an outside system answered.
  unavailable: 'transient',
  conflict: 'transient',
  throttled: 'transient',
  refused: 'permanent',
  constraint: 'permanent',
  outcomeUnknown: 'unknown',
  timedOut: 'unknown',
  // How runs end.
  exhausted: 'permanent',
  defect: 'defect',
  defectLimit: 'defect',
  fenced: 'permanent',
  skipLimit: 'permanent',
  incomplete: 'permanent',
  wedged: 'defect',
  cancelled: 'transient',
  // What people get wrong.
  invalidOption: 'permanent',
  invalidKey: 'permanent',
  alreadyCompleted: 'permanent',
  notFound: 'permanent',
  schemaMismatch: 'permanent',
  portInUse: 'permanent',
} as const satisfies Record<string, ErrorKind>;

export type ErrorCode = keyof typeof errorCodes;

export interface WeirErrorOptions {
  readonly cause?: unknown;
  /** For throttled and unavailable: not before this many milliseconds from now. */
  readonly retryAfterMs?: number;
  /** Overrides the kind of the code, where the same code can be either. */
  readonly kind?: ErrorKind;
  /** True where an outside system said this itself, so that it is surely there. Default: for `throttled`, which nobody else says. */
  readonly isAnswer?: boolean;
}

/**
 * The one error class. `message` is a sentence for an operator: what happened, to what, what was expected; without personal
 * data and without secrets, since it reaches logs and dead letters.
 */
export class WeirError extends Error {
  readonly code: ErrorCode;
  readonly kind: ErrorKind;
  readonly retryAfterMs: number | undefined;
  /** Whether an outside system said this itself; false for what we found out without it. */
  readonly isAnswer: boolean;

  constructor(code: ErrorCode, message: string, options: WeirErrorOptions = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.name = 'WeirError';
    this.code = code;
    this.kind = options.kind ?? errorCodes[code];
    this.retryAfterMs = options.retryAfterMs;
    this.isAnswer = options.isAnswer ?? code === 'throttled';
  }
}

/** How to treat anything that was thrown. What no connector has translated is a mistake in the program. */
export function kindOf(error: unknown): ErrorKind {
  return error instanceof WeirError ? error.kind : 'defect';
}

/**
 * Whether the same call may succeed later: its error is transient, or nobody can judge it. What no connector has translated is a
 * defect, so whatever may pass is one of ours.
 */
export function mayPass(error: unknown): error is WeirError {
  return error instanceof WeirError && (error.kind === 'transient' || error.kind === 'unknown');
}

/** Whether an outside system said this itself, and so is there. */
export function isAnswer(error: unknown): boolean {
  return error instanceof WeirError && error.isAnswer;
}

/** The code of anything that was thrown. */
export function codeOf(error: unknown): ErrorCode {
  return error instanceof WeirError ? error.code : 'defect';
}

/** The text of anything that was thrown. For what no connector has translated only its class: its text may carry row values. */
export function textOf(error: unknown): string {
  if (error instanceof WeirError) return error.message;
  return error instanceof Error ? `${error.name} (see the log)` : 'a value that is not an error was thrown';
}

/** Where something was thrown: the frames of its stack without its message, which may carry row values. */
export function framesOf(error: unknown): readonly string[] {
  const stack = error instanceof Error ? error.stack : undefined;
  return stack?.split('\n').filter((line) => line.startsWith('    at ')) ?? [];
}

/** How many frames a line of the log has. */
const loggedFrames = 5;

/** Where a mistake in the program was made, as a field of the log; no field for other errors. */
export function framesField(error: unknown): { readonly frames?: string } {
  if (codeOf(error) !== 'defect') return {};
  const made = error instanceof WeirError && error.cause !== undefined ? error.cause : error;
  return { frames: framesOf(made).slice(0, loggedFrames).join('\n') };
}
