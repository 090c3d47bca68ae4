import { pino } from 'pino';
import type { LogFields, Logger } from './logger.ts';

export type LogLevel = 'debug' | 'info' | 'warn' | 'error';

/** Logs as JSON lines to standard error, so that standard output stays for results. */
export function pinoLogger(level: LogLevel, instance: string): Logger {
  const log = pino({ level, base: { instance }, timestamp: pino.stdTimeFunctions.isoTime }, pino.destination({ fd: 2, sync: true }));
  const write =
    (at: LogLevel) =>
    (sentence: string, fields?: LogFields): void =>
      log[at](fields ?? {}, sentence);
  return { debug: write('debug'), info: write('info'), warn: write('warn'), error: write('error') };
}
