import { createToken } from '../../../src/console/apiTokens.ts';
import type { Role } from '../../../src/console/route.ts';
import type { Json } from '../../../src/runtime/jobs/job.ts';
import { startWeir, type WeirProcess } from '../../support/weirProcess.ts';
import { say } from '../../commandLine/aPlace.ts';
import { aMonth, type AMonth } from '../daemon/aMonth.ts';
import { eventually } from '../daemon/eventually.ts';
import { theTopic, type TheTopic } from '../daemon/theTopic.ts';

/** A month whose daemons an operator talks to. */
export interface OperatedMonth extends AMonth {
  readonly topic: TheTopic;
  /** Of whoever talks. */
  readonly token: string;
  /** Starts a daemon with these words behind `run`; later commands go to it. */
  start(...words: readonly string[]): Promise<WeirProcess>;
  /** The same with other variables besides. */
  startWith(environment: Readonly<Record<string, string>>, ...words: readonly string[]): Promise<WeirProcess>;
  /** Runs a command of an operator, `--json` behind it, and answers its exit code and what it said. */
  say(...words: readonly string[]): Promise<Said>;
}

export interface Said {
  readonly code: number;
  /** Parsed; undefined where it was refused. */
  readonly answer: Json | undefined;
  readonly errors: string;
}

/** Opens a month, and makes a token with this role for whoever talks. */
export async function anOperatedMonth(role: Role = 'admin'): Promise<OperatedMonth> {
  const month = await aMonth();
  const token = await createToken(month.database, { name: 'kim', role, at: new Date(), by: 'test' });
  const topic = await theTopic(month.redisUrl);
  let url = '';
  const startWith: OperatedMonth['startWith'] = async (environment, ...words) => {
    const weir = startWeir({ ...month.environment, ...environment }, 'run', ...words);
    url = await weir.adminUrl();
    await eventually('it is ready', async () => (await weir.ask('/readyz')).status === 200);
    return weir;
  };
  return {
    ...month,
    ...{ topic, token },
    start: (...words) => startWith({}, ...words),
    startWith,
    say: async (...words) => {
      const { exitCode, output, errors } = await say([...words, '--json'], { WEIR_ADMIN_URL: url, WEIR_TOKEN: token });
      return { code: exitCode, answer: output === '' ? undefined : (JSON.parse(output) as Json), errors: errors.trimEnd() };
    },
  };
}
