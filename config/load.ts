import { readFileSync } from 'node:fs';
import { parse as parseYaml } from 'yaml';
import { z } from 'zod';
import { alike } from './alike.ts';
import { leavesOf, variableOf, type Leaf } from './option.ts';
import { textValue } from './textValue.ts';

/** Where the options come from, weakest first: defaults, files in their order, environment, `--set`. */
export interface OptionSources {
  readonly files: readonly string[];
  readonly environment: Readonly<Record<string, string | undefined>>;
  /** `path=value` */
  readonly set: readonly string[];
}

/** One option as it is in force. */
export interface LoadedOption extends Leaf {
  readonly value: unknown;
  /** `default`, the file, the variable or `--set`. */
  readonly origin: string;
}

/** A wrong option: which, what is wrong, where it was given. */
export interface OptionProblem {
  readonly path: string;
  readonly problem: string;
  readonly origin: string;
}

/** All problems at once, so that a configuration is mended in one go. */
export class OptionProblems extends Error {
  readonly problems: readonly OptionProblem[];

  constructor(problems: readonly OptionProblem[]) {
    super(problems.map(({ path, problem, origin }) => `${path}: ${problem} (${origin})`).join('\n'));
    this.name = 'OptionProblems';
    this.problems = problems;
  }
}

export interface LoadedOptions<T> {
  readonly values: T;
  readonly list: readonly LoadedOption[];
}

interface Given {
  readonly value: unknown;
  readonly origin: string;
  /** True for text from environment and command line, which may stand for a number, a boolean or a list. */
  readonly isText: boolean;
}

/** Variables that are not options: they address a daemon from the command line. */
const otherVariables = new Set(['WEIR_CONFIG', 'WEIR_ADMIN_URL', 'WEIR_TOKEN', 'WEIR_TOKEN_FILE']);

/** Reads, joins and checks the options. Throws `OptionProblems` that name every wrong one, with what was expected. */
export function loadOptions<T>(schema: z.ZodType<T>, sources: OptionSources): LoadedOptions<T> {
  const leaves = leavesOf(schema);
  const known = new Map(leaves.map((leaf) => [leaf.path, leaf]));
  const problems: OptionProblem[] = [];
  const given = new Map<string, Given>();
  for (const file of sources.files) readFile(file, known, given, problems);
  readEnvironment(sources.environment, leaves, given, problems);
  readSet(sources.set, known, given, problems);

  const list: LoadedOption[] = [];
  for (const leaf of leaves) {
    const { value, problem } = check(leaf, given.get(leaf.path));
    const origin = given.get(leaf.path)?.origin ?? 'default';
    if (problem === undefined) list.push({ ...leaf, value, origin });
    else problems.push({ path: leaf.path, problem, origin: originOf(origin, leaf.path) });
  }
  if (problems.length > 0) throw new OptionProblems(problems);
  return { values: together(schema, list), list };
}

/** The values as a whole: each is right by itself, and may contradict another. */
function together<T>(schema: z.ZodType<T>, list: readonly LoadedOption[]): T {
  const { success, data, error } = schema.safeParse(treeOf(list));
  if (success) return data;
  throw new OptionProblems(
    error.issues.map(({ path, message }) => {
      const option = list.find((candidate) => candidate.path === path.join('.'));
      return { path: path.join('.'), problem: message, origin: originOf(option?.origin ?? 'default', path.join('.')) };
    }),
  );
}

/** Where an option was given, or where it may be. */
function originOf(origin: string, path: string): string {
  return origin === 'default' ? `set ${variableOf(path)} or a file` : origin;
}

function check(leaf: Leaf, given: Given | undefined): { readonly value?: unknown; readonly problem?: string } {
  const first = leaf.schema.safeParse(given?.value);
  if (first.success) return { value: first.data };
  if (given?.isText === true) {
    const meant = textValue(String(given.value));
    const second = leaf.schema.safeParse(meant);
    if (second.success) return { value: second.data };
    if (!Array.isArray(meant)) return { problem: explain(second.error, leaf) };
  }
  return { problem: given === undefined ? `is missing: ${leaf.about}` : explain(first.error, leaf) };
}

function explain(error: z.ZodError, leaf: Leaf): string {
  const unit = leaf.unit === undefined ? '' : ` (in ${leaf.unit})`;
  return `${error.issues.map((issue) => issue.message).join(', ')}${unit}`;
}

function readFile(file: string, known: ReadonlyMap<string, Leaf>, given: Map<string, Given>, problems: OptionProblem[]): void {
  let content: unknown;
  try {
    content = parseYaml(readFileSync(file, 'utf8')) as unknown;
  } catch (error) {
    problems.push({ path: file, problem: `cannot be read as YAML: ${(error as Error).message.split('\n')[0] ?? ''}`, origin: 'file' });
    return;
  }
  const walk = (value: unknown, path: readonly string[]): void => {
    const name = path.join('.');
    if (known.has(name)) given.set(name, { value, origin: file, isText: false });
    else if (typeof value === 'object' && value !== null && !Array.isArray(value)) {
      for (const [key, child] of Object.entries(value)) walk(child, [...path, key]);
    } else if (name !== '') problems.push({ path: name, problem: `is not an option${suggestion(name, known)}`, origin: file });
  };
  walk(content, []);
}

function readEnvironment(
  environment: OptionSources['environment'],
  leaves: readonly Leaf[],
  given: Map<string, Given>,
  problems: OptionProblem[],
): void {
  const byVariable = new Map(leaves.map((leaf) => [variableOf(leaf.path), leaf]));
  for (const [variable, text] of Object.entries(environment)) {
    if (text === undefined || !variable.startsWith('WEIR_') || otherVariables.has(variable)) continue;
    const leaf = byVariable.get(variable);
    const secret = byVariable.get(variable.replace(/_FILE$/, ''));
    if (leaf) given.set(leaf.path, { value: text, origin: variable, isText: true });
    else if (variable.endsWith('_FILE') && secret?.isSecret === true) readSecret(secret, variable, text, given, problems);
    else
      problems.push({
        path: variable,
        problem: `is not the variable of an option${suggestion(variable, byVariable)}`,
        origin: 'environment',
      });
  }
}

function readSecret(leaf: Leaf, variable: string, file: string, given: Map<string, Given>, problems: OptionProblem[]): void {
  try {
    given.set(leaf.path, { value: readFileSync(file, 'utf8').trim(), origin: `${variable} (${file})`, isText: true });
  } catch {
    problems.push({ path: leaf.path, problem: `the file ${file} cannot be read`, origin: variable });
  }
}

function readSet(set: readonly string[], known: ReadonlyMap<string, Leaf>, given: Map<string, Given>, problems: OptionProblem[]): void {
  for (const assignment of set) {
    const at = assignment.indexOf('=');
    const path = at < 0 ? assignment : assignment.slice(0, at);
    if (at < 0) problems.push({ path, problem: 'needs a value: path=value', origin: '--set' });
    else if (!known.has(path)) problems.push({ path, problem: `is not an option${suggestion(path, known)}`, origin: '--set' });
    else given.set(path, { value: assignment.slice(at + 1), origin: '--set', isText: true });
  }
}

function suggestion(given: string, known: ReadonlyMap<string, Leaf>): string {
  const meant = alike(given, [...known.keys()]);
  return meant === undefined ? '' : `; did you mean ${meant}?`;
}

function treeOf(list: readonly LoadedOption[]): Record<string, unknown> {
  const tree: Record<string, unknown> = {};
  for (const { path, value } of list) {
    const names = path.split('.');
    let branch = tree;
    for (const name of names.slice(0, -1)) branch = (branch[name] ??= {}) as Record<string, unknown>;
    branch[names.at(-1) ?? ''] = value;
  }
  return tree;
}
