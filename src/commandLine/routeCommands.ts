import { Argument, Option, type Command } from 'commander';
import { textValue } from '../../config/textValue.ts';
import { fieldsOf, type Field } from '../http/field.ts';
import { houseGroups, houseRoutes } from '../console/house/houseRoutes.ts';
import type { Route, RouteGroups } from '../console/route.ts';
import { WeirError } from '../errors.ts';
import { expectation } from '../expectation.ts';
import type { Json } from '../runtime/jobs/job.ts';
import { adminAddress, askAdmin } from './adminClient.ts';
import { print, type CommonFlags, type Place } from './context.ts';
import { exitCodes, type ExitCode } from './exitCodes.ts';
import { jsonSheet } from './jsonSheet.ts';

type AnyRoute<P> = Omit<Route<P>, 'answer' | 'act'>;
type Texts = Readonly<Record<string, string | boolean | undefined>>;

/**
 * Adds `weir <group> <verb>` for every route: a question or action is asked of the daemon at WEIR_ADMIN_URL as the bearer of
 * WEIR_TOKEN, so roles and audit are those of the page. What the schema of its input refuses is told before anything is sent.
 */
export function addRouteCommands<P>(program: Command, place: Place<P>, end: (code: ExitCode) => void): void {
  const groups = { ...houseGroups, ...place.systems.groups };
  const routes = [...houseRoutes, ...place.systems.routes] as readonly AnyRoute<P>[];
  for (const route of routes.filter(({ hasOwnCommand }) => hasOwnCommand !== true)) {
    const [group = '', verb = ''] = route.name.split('.');
    const parent = program.commands.find((command) => command.name() === group) ?? program.command(group).description(about(groups, group));
    const fields = fieldsOf(route.input);
    const words = fields.filter(({ name }) => route.words?.includes(name));
    const command = parent.command(verb).description(`${route.about} (${route.role})`).option('--json', 'print for programs');
    for (const { name, about, isOptional } of words) {
      command.addArgument(new Argument(isOptional ? `[${dashed(name)}]` : `<${dashed(name)}>`, about));
    }
    for (const field of fields.filter((candidate) => !words.includes(candidate))) command.addOption(optionOf(field));
    if (route.formats !== undefined) command.addOption(formatOption(Object.keys(route.formats)));
    if (route.kind !== 'question') command.requiredOption('--reason <text>', 'why, for the audit');
    command.action(async () => {
      // The group itself may have flags (weir pipelines), which then take what is written behind the verb.
      const named = command.optsWithGlobals<Texts & CommonFlags>();
      const placed = Object.fromEntries(words.map(({ name }, at) => [name, command.args[at]]));
      end(await ask(place, route, named, { ...named, ...placed }));
    });
  }
}

function about(groups: RouteGroups, group: string): string {
  const sentence = groups[group];
  if (sentence === undefined) throw new TypeError(`no sentence says what the routes ${group}.… are about`);
  return sentence;
}

function optionOf({ name, about, isOptional, isFlag }: Field): Option {
  const flag = `--${dashed(name)}`;
  return new Option(isFlag ? flag : `${flag} <${dashed(name)}>`, about).makeOptionMandatory(!isOptional && !isFlag);
}

/** Not among the fields: how an answer is printed is nothing that the daemon is told. */
function formatOption(names: readonly string[]): Option {
  return new Option('--format <name>', 'how it is printed')
    .choices(['table', 'json', ...names])
    .default('table')
    .conflicts('json');
}

async function ask<P>(place: Place<P>, route: AnyRoute<P>, flags: CommonFlags, texts: Texts): Promise<ExitCode> {
  const input = understood(route, texts);
  const address = adminAddress(place.environment);
  const body = route.kind !== 'question' ? { ...input, reason: String(texts['reason']) } : input;
  const answer = 'url' in address ? await askAdmin(address, place.clock, route, body) : address;
  if (!answer.isAnswered) {
    place.errors.write(`${answer.sentence}\n`);
    return answer.exitCode;
  }
  printAs(place, route, { format: texts['format'], ...flags }, answer.answer);
  return route.hasFindings?.(answer.answer) === true ? exitCodes.failed : exitCodes.ok;
}

function printAs<P>(place: Place<P>, route: AnyRoute<P>, flags: CommonFlags & { readonly format: Texts[string] }, answer: Json): void {
  const written = route.formats?.[String(flags.format)]?.(answer);
  if (written !== undefined) place.output.write(written);
  else print(place, { json: flags.json === true || flags.format === 'json' }, answer, () => sheet(route.name, answer));
}

/** An answer as people read it. */
function sheet(name: string, answer: Json): string {
  const parts = Array.isArray(answer) && answer.length === 0 ? [] : jsonSheet(name, answer);
  return parts.length === 0 ? 'There is nothing.' : parts.join('\n\n');
}

/** What was written on the command line as the values that the fields take. Throws `invalidKey` that says what was expected. */
function understood<P>(route: AnyRoute<P>, texts: Texts): { readonly [field: string]: Json } {
  const input: Record<string, Json> = {};
  for (const { name, schema } of fieldsOf(route.input)) {
    const text = texts[name];
    if (text === undefined) continue;
    const first = schema.safeParse(text);
    const isTaken = first.success || typeof text === 'boolean';
    const meant = isTaken ? text : (textValue(text) as Json);
    const { error } = isTaken ? first : schema.safeParse(meant);
    // What was not meant as a list or a number is better told as the text that was expected.
    const isOtherwise = error?.issues.some(({ code, path }) => code === 'invalid_type' && path.length === 0);
    const problem = isOtherwise === true ? first.error : error;
    if (problem !== undefined) throw new WeirError('invalidKey', `--${dashed(name)}: ${expectation(problem).replace(/^value: /, '')}`);
    input[name] = meant;
  }
  return input;
}

/** `upTo` as `up-to`. */
function dashed(name: string): string {
  return name.replaceAll(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);
}
