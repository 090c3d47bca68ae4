import { leavesOf, variableOf, type Leaf } from '../config/option.ts';
import { systems } from '../pipelines/index.ts';
import { joinedSchema } from '../src/commandLine/joinedOptions.ts';
import { fieldsOf } from '../src/http/field.ts';
import { houseRoutes } from '../src/console/house/houseRoutes.ts';
import { errorGuide } from '../src/errorGuide.ts';
import { errorCodes, type ErrorCode } from '../src/errors.ts';
import { catalogue, type MetricFacts } from '../src/metrics/catalogue.ts';

/** The pages of docs/ that are made from declarations, by file name. */
export function generatedPages(): ReadonlyMap<string, string> {
  return new Map([
    ['options.md', optionsPage()],
    ['metrics.md', metricsPage()],
    ['errors.md', errorsPage()],
    ['routes.md', routesPage()],
  ]);
}

const made = '<!-- Made by `npm run docs` from the declarations; a test compares them. -->';

function optionsPage(): string {
  const rows = leavesOf(joinedSchema(systems)).map((leaf) => [
    `\`${leaf.path}\``,
    `\`${variableOf(leaf.path)}\`${leaf.isSecret === true ? ' or `…_FILE`' : ''}`,
    defaultOf(leaf),
    leaf.unit ?? '',
    leaf.about,
  ]);
  return page('Options', ['Option', 'Variable', 'Default', 'Unit', 'What it does'], rows);
}

function defaultOf({ schema }: Leaf): string {
  const { success, data } = schema.safeParse(undefined);
  if (!success) return '*needed*';
  return Array.isArray(data) || data === '' ? '*none*' : `\`${String(data)}\``;
}

function metricsPage(): string {
  const rows = Object.entries<MetricFacts>(catalogue).map(([name, { type, labels, help }]) => [
    `\`${name}\``,
    type,
    labels.join(', '),
    help,
  ]);
  return page('Metrics', ['Metric', 'Type', 'Labels', 'What it tells'], rows);
}

function errorsPage(): string {
  const rows = Object.entries(errorGuide).map(([code, { means, todo }]) => [`\`${code}\``, errorCodes[code as ErrorCode], means, todo]);
  return page('Error codes', ['Code', 'Kind', 'Means', 'Do'], rows);
}

function routesPage(): string {
  const rows = [...houseRoutes, ...systems.routes].map(({ name, kind, role, about, input }) => [
    `\`weir ${name.replace('.', ' ')}\``,
    `\`/api/${name.replace('.', '/')}\``,
    role,
    kind === 'question' ? '' : 'yes',
    fieldsOf(input)
      .map((field) => `\`${field.name}\`${field.isOptional ? '?' : ''}`)
      .join(', '),
    about,
  ]);
  return page('What operators ask and do', ['Command', 'POST', 'Role', 'Reason, audited', 'Fields', 'What it does'], rows);
}

function page(title: string, head: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]): string => `| ${cells.map((cell) => cell.replaceAll('|', '\\|')).join(' | ')} |`;
  return [`# ${title}`, '', made, '', line(head), `|${head.map(() => '-').join('|')}|`, ...rows.map(line), ''].join('\n');
}
