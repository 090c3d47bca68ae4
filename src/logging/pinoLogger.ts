import { pino } from 'pino';
import type { LogFields, Logger } from './logger.ts';
import type { LogLevel, LogLevels } from './logLevels.ts';

/** Logs as JSON lines to standard error, so that standard output stays for results. */
export function pinoLogger(levels: LogLevels, instance: string): Logger {
  const timestamp = pino.stdTimeFunctions.isoTime;
  const log = pino({ level: 'debug', base: { instance }, timestamp }, pino.destination({ fd: 2, sync: true }));
  const write =
    (at: LogLevel) =>
    (sentence: string, fields: LogFields = {}): void => {
      if (levels.isWritten(at, fields.pipeline ?? fields.job)) log[at](fields, sentence);
    };
  const isDebug = (name: string): boolean => levels.isWritten('debug', name);
  return { isDebug, debug: write('debug'), info: write('info'), warn: write('warn'), error: write('error') };
}
