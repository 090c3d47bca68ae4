import { join } from 'node:path';
import { systems } from '../../pipelines/index.ts';
import { runCommandLine } from '../../src/commandLine/program.ts';
import type { Clock } from '../../src/message/clock.ts';
import { realClock } from '../../src/runtime/clock.ts';

/** What a command line said and how it ended. */
export interface Said {
  readonly exitCode: number;
  readonly output: string;
  readonly errors: string;
}

/** 32 bytes, as a key ring writes them. */
export const secretKey = Buffer.alloc(32, 7).toString('base64');

/** Variables that are right and lead nowhere: nothing listens at these addresses. */
export const rightEnvironment: Readonly<Record<string, string>> = {
  WEIR_DATABASE_URL: 'postgres://weir:s3cret-database@127.0.0.1:1/weir',
  WEIR_REDIS_URL: 'redis://:s3cret-redis@127.0.0.1:1',
  WEIR_SMTP_URL: 'smtp://weir:s3cret-smtp@127.0.0.1:1',
  WEIR_KEYS_RING: `current:${secretKey}`,
};

/** Runs a command line in this process on the real pipelines, with these variables only. */
export async function say(
  words: readonly string[],
  environment: Readonly<Record<string, string>> = rightEnvironment,
  clock: Clock = realClock,
): Promise<Said> {
  let output = '';
  let errors = '';
  const place = {
    systems,
    clock,
    migrations: join(import.meta.dirname, '..', '..', 'migrations'),
    environment,
    output: { write: (text: string) => (output += text) },
    errors: { write: (text: string) => (errors += text) },
  };
  const exitCode = await runCommandLine(place, words);
  return { exitCode, output, errors };
}
