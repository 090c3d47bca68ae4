import { datasource, type Panel } from './panel.ts';
import { series } from './promql.ts';
import { variables, type VariableName } from './variables.ts';

/** Panels under a heading, which is a question too. */
export interface Row {
  readonly title: `${string}?`;
  readonly panels: readonly Panel[];
}

/** A dashboard before it is laid out. Its address is `weir-` and its name for ever: links and bookmarks name it. */
export interface DashboardSource {
  readonly name: string;
  readonly title: string;
  readonly description: string;
  /** Beside those that links need. */
  readonly variables: readonly VariableName[];
  readonly rows: readonly Row[];
}

const columns = 24;

/** The dashboard as Grafana reads it. Panels stand from left to right, and begin a new line where the next does not fit. */
export function dashboard({ name, title, description, variables: own, rows }: DashboardSource): object {
  return {
    uid: `weir-${name}`,
    title: `Weir: ${title}`,
    description,
    tags: ['weir'],
    timezone: 'browser',
    editable: false,
    graphTooltip: 1,
    refresh: '15s',
    schemaVersion: 39,
    version: 1,
    time: { from: 'now-1h', to: 'now' },
    links: [
      { type: 'dashboards', title: 'Weir', tags: ['weir'], asDropdown: false, includeVars: true, keepTime: true, targetBlank: false },
    ],
    annotations: { list: [firing] },
    templating: { list: [...own, 'console' as const, 'runbook' as const].map((variable) => variables[variable]) },
    panels: laidOut(rows),
  };
}

const firing = {
  name: 'Alerts that fire',
  datasource,
  enable: true,
  iconColor: 'red',
  expr: series('ALERTS', 'alertname=~"Weir.+", alertstate="firing"'),
  titleFormat: '{{alertname}}',
  textFormat: '{{pipeline}} {{schedule}} {{dependency}}',
  step: '60s',
};

function laidOut(rows: readonly Row[]): readonly object[] {
  const placed: object[] = [];
  let y = 0;
  for (const { title, panels } of rows) {
    placed.push({ id: placed.length + 1, type: 'row', title, collapsed: false, panels: [], gridPos: { h: 1, w: columns, x: 0, y } });
    y += 1;
    let [x, lineHeight] = [0, 0];
    for (const { width: w, height: h, body } of panels) {
      if (x + w > columns) [x, y, lineHeight] = [0, y + lineHeight, 0];
      placed.push({ id: placed.length + 1, ...body, gridPos: { h, w, x, y } });
      [x, lineHeight] = [x + w, Math.max(lineHeight, h)];
    }
    y += lineHeight;
  }
  return placed;
}
