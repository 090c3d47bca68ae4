import { hostname } from 'node:os';
import type { ProcessOptions } from './joinedOptions.ts';

/** The name of this process: the option, or host and process id. */
export function instanceOf(options: ProcessOptions): string {
  return options.instance === '' ? `${hostname()}-${process.pid}` : options.instance;
}
