import type { KeyStore, ScriptCall } from '../../src/connectors/keyStore.ts';
import { daysKey } from './stagedKey.ts';

type Argument = string | number | bigint | Buffer;

/** What a script is told of one user. */
export type UserArguments = readonly Argument[];

/** Users of one call: some 15 µs each at most, for which Redis serves nobody else. A call for each user costs as much again. */
const usersAtOnce = 25;

/** Runs a script of `projectionScripts.ts` over users, some at once, each told of as the script has it, after what it is told `before` them. Answers the calls' replies. */
export async function runOverUsers(
  keyStore: Pick<KeyStore, 'runScript'>,
  lua: string,
  users: readonly UserArguments[],
  before: UserArguments = [],
): Promise<readonly (readonly unknown[])[]> {
  const calls: ScriptCall[] = [];
  for (let from = 0; from < users.length; from += usersAtOnce) {
    calls.push({ keys: [daysKey], args: [...before, ...users.slice(from, from + usersAtOnce).flat()] });
  }
  return (await keyStore.runScript(lua, calls)) as readonly (readonly unknown[])[];
}
