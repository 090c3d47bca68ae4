import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse } from 'yaml';

const root = join(import.meta.dirname, '..', '..');

/** An expression that people see the answer of, and where it stands. */
export interface Query {
  readonly where: string;
  readonly expression: string;
  /** The labels of its answer that the texts beside it name. */
  readonly named: readonly string[];
}

export interface Panel {
  readonly id: number;
  readonly type: string;
  readonly title: string;
  readonly description?: string;
  readonly datasource?: { readonly uid: string };
  readonly gridPos: { readonly x: number; readonly y: number; readonly w: number; readonly h: number };
  readonly targets?: readonly { readonly expr: string; readonly legendFormat?: string; readonly datasource: { readonly uid: string } }[];
  readonly fieldConfig?: { readonly defaults: { readonly unit?: string } };
  readonly links?: readonly { readonly title: string; readonly url: string }[];
}

export interface Dashboard {
  readonly uid: string;
  readonly title: string;
  readonly panels: readonly Panel[];
  readonly annotations: { readonly list: readonly { readonly name: string; readonly expr: string; readonly textFormat: string }[] };
  readonly templating: { readonly list: readonly { readonly name: string }[] };
}

export interface Rule {
  readonly alert: string;
  readonly expr: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly annotations: Readonly<Record<string, string>>;
}

const folder = join(root, 'grafana/dashboards');

/** The dashboards as they stand in their files, by the files' names. */
export const dashboardFiles: ReadonlyMap<string, Dashboard> = new Map(
  readdirSync(folder).map((file) => [file, JSON.parse(readFileSync(join(folder, file), 'utf8')) as Dashboard]),
);

/** What Prometheus computes ahead. */
export interface Recording {
  readonly record: string;
  readonly expr: string;
}

function rulesOf(file: string): readonly (Rule & Recording)[] {
  const { groups } = parse(readFileSync(join(root, 'config/prometheus', file), 'utf8')) as {
    readonly groups: readonly { readonly rules: readonly (Rule & Recording)[] }[];
  };
  return groups.flatMap((group) => group.rules);
}

/** The alert rules. */
export function rules(): readonly Rule[] {
  return rulesOf('alerts.yml');
}

/** The recording rules. */
export function recordings(): readonly Recording[] {
  return rulesOf('recording.yml');
}

const legend = /\{\{\s*(\w+)\s*\}\}/g;
const template = /\$labels\.(\w+)/g;

function named(pattern: RegExp, text: string): readonly string[] {
  return [...text.matchAll(pattern)].map(([, label = '']) => label);
}

/** Every expression of every dashboard. */
export function dashboardQueries(): readonly Query[] {
  return [...dashboardFiles.values()].flatMap(({ uid, panels, annotations }) => [
    ...panels.flatMap(({ title, targets = [] }) =>
      targets.map(({ expr, legendFormat = '' }) => ({ where: `${uid}: ${title}`, expression: expr, named: named(legend, legendFormat) })),
    ),
    ...annotations.list.map(({ name, expr, textFormat }) => ({
      where: `${uid}: ${name}`,
      expression: expr,
      named: named(legend, textFormat),
    })),
  ]);
}

/** Every expression of the rules. */
export function ruleQueries(): readonly Query[] {
  return [
    ...rules().map(({ alert, expr, annotations }) => ({
      where: alert,
      expression: expr,
      named: named(template, Object.values(annotations).join()),
    })),
    ...recordings().map(({ record, expr }) => ({ where: record, expression: expr, named: [] })),
  ];
}

/** The anchors of docs/operations.md, as headings make them. */
export function runbookAnchors(): ReadonlySet<string> {
  const headings = readFileSync(join(root, 'docs/operations.md'), 'utf8').matchAll(/^#+ (.+)$/gm);
  return new Set(
    [...headings].map(([, heading = '']) =>
      heading
        .toLowerCase()
        .replaceAll(/[^\w\s-]/g, '')
        .replaceAll(' ', '-'),
    ),
  );
}
