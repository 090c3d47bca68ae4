import { readFileSync } from 'node:fs';
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
}

export interface Dashboard {
  readonly panels: readonly Panel[];
  readonly annotations: { readonly list: readonly { readonly name: string; readonly expr: string; readonly textFormat: string }[] };
}

export interface Rule {
  readonly alert: string;
  readonly expr: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly annotations: Readonly<Record<string, string>>;
}

/** The dashboard that operators see first. */
export function overview(): Dashboard {
  return JSON.parse(readFileSync(join(root, 'grafana/dashboards/overview.json'), 'utf8')) as Dashboard;
}

/** The alert rules. */
export function rules(): readonly Rule[] {
  const file = parse(readFileSync(join(root, 'config/prometheus/alerts.yml'), 'utf8')) as {
    readonly groups: readonly { readonly rules: readonly Rule[] }[];
  };
  return file.groups.flatMap((group) => group.rules);
}

const legend = /\{\{\s*(\w+)\s*\}\}/g;
const template = /\$labels\.(\w+)/g;

function named(pattern: RegExp, text: string): readonly string[] {
  return [...text.matchAll(pattern)].map(([, label = '']) => label);
}

/** Every expression of the dashboard. */
export function dashboardQueries(): readonly Query[] {
  const { panels, annotations } = overview();
  return [
    ...panels.flatMap(({ title, targets = [] }) =>
      targets.map(({ expr, legendFormat = '' }) => ({ where: title, expression: expr, named: named(legend, legendFormat) })),
    ),
    ...annotations.list.map(({ name, expr, textFormat }) => ({ where: name, expression: expr, named: named(legend, textFormat) })),
  ];
}

/** Every expression of the alert rules. */
export function ruleQueries(): readonly Query[] {
  return rules().map(({ alert, expr, annotations }) => ({
    where: alert,
    expression: expr,
    named: named(template, Object.values(annotations).join()),
  }));
}
