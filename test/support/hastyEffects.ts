import { leavesOf, variableOf } from '../../config/option.ts';
import { systems } from '../../pipelines/index.ts';
import { joinedSchema } from '../../src/commandLine/joinedOptions.ts';

/** The variables that give every effect of every system so long at most, in milliseconds: for a /livez that is red soon. */
export function hastyEffects(timeLimitMs: number): Readonly<Record<string, string>> {
  const paths = leavesOf(joinedSchema(systems)).map(({ path }) => path);
  const limits = paths.filter((path) => path.endsWith('.timeLimitMs'));
  return Object.fromEntries(limits.map((path) => [variableOf(path), String(timeLimitMs)]));
}
