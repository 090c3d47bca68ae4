/** The only fields a log line may have: a field that is not listed cannot reach a log, whatever an error carries. */
export interface LogFields {
  readonly pipeline?: string;
  readonly job?: string;
  readonly schedule?: string;
  readonly key?: string;
  /** An outside system: `smtp`. */
  readonly dependency?: string;
  readonly partition?: string;
  readonly position?: string;
  readonly stage?: string;
  /** Of the trace that the message or the request belongs to: 32 hexadecimal digits. */
  readonly traceId?: string;
  readonly code?: string;
  readonly kind?: string;
  /** A sentence about an error, made by us: without personal data and without secrets. */
  readonly error?: string;
  /** Frames of a defect, without its message. */
  readonly frames?: string;
  readonly state?: string;
  /** How a message ended. */
  readonly outcome?: string;
  readonly reason?: string;
  /** What an operator asked for, and the name of the token. */
  readonly action?: string;
  readonly actor?: string;
  readonly delayMs?: number;
  readonly awayMs?: number;
  readonly count?: number;
  /** A business time, as people read it. */
  readonly asOf?: string;
  readonly limit?: number;
  readonly address?: string;
  readonly version?: string;
  readonly signal?: string;
  readonly exitCode?: number;
}

/** Structured logs: a constant sentence and fields from the list. */
export interface Logger {
  /** Whether `debug` lines about this pipeline or job are written: asked before many are made. Absent: they are not. */
  isDebug?(name: string): boolean;
  debug(sentence: string, fields?: LogFields): void;
  info(sentence: string, fields?: LogFields): void;
  warn(sentence: string, fields?: LogFields): void;
  error(sentence: string, fields?: LogFields): void;
}
