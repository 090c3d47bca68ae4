import { z } from 'zod';

// Grafana ignores what it does not know, so a misspelt field is a setting that silently does nothing: everything here is strict.
const datasource = z.strictObject({ type: z.literal('prometheus'), uid: z.string().min(1) });
const gridPos = z.strictObject({
  x: z.int().min(0).max(23),
  y: z.int().min(0),
  w: z.int().min(1).max(24),
  h: z.int().min(1),
});
const link = z.strictObject({ title: z.string().min(1), url: z.string().min(1), targetBlank: z.boolean() });
const target = z.strictObject({
  datasource,
  refId: z.string().regex(/^[A-Z]$/),
  expr: z.string().min(1),
  legendFormat: z.string().optional(),
  instant: z.literal(true).optional(),
  format: z.literal('table').optional(),
});

const color = z.enum(['green', 'orange', 'red', 'yellow', 'blue', 'light-blue', 'purple', 'text']);
const colorMode = z.union([
  z.strictObject({ mode: z.enum(['thresholds', 'continuous-BlPu']) }),
  z.strictObject({ mode: z.literal('fixed'), fixedColor: color }),
]);
const step = z.strictObject({ color, value: z.number().nullable() });
/** The first colour has no bound, the others rise. */
const rising = (steps: readonly z.infer<typeof step>[]): boolean =>
  steps.every(({ value }, at) => (at === 0 ? value === null : value !== null && value > (steps[at - 1]?.value ?? -Infinity)));
const mapping = z.strictObject({
  type: z.literal('value'),
  options: z.record(z.string().regex(/^\d+$/), z.strictObject({ text: z.string(), color, index: z.int() })),
});
const defaults = {
  unit: z.enum(['short', 's', 'ops', 'bytes', 'percentunit', 'dateTimeFromNow']),
  decimals: z.int().optional(),
  min: z.number().optional(),
  max: z.number().optional(),
  noValue: z.string().optional(),
  color: colorMode.optional(),
  links: z.array(link).optional(),
  mappings: z.array(mapping).optional(),
  thresholds: z.strictObject({ mode: z.literal('absolute'), steps: z.array(step).min(1).refine(rising) }),
};
const override = z.strictObject({
  matcher: z.strictObject({ id: z.literal('byName'), options: z.string() }),
  properties: z.array(z.strictObject({ id: z.literal('color'), value: colorMode })).min(1),
});

const listLegend = z.strictObject({
  displayMode: z.enum(['table', 'list']),
  placement: z.literal('bottom'),
  calcs: z.array(z.enum(['lastNotNull', 'max'])).optional(),
  showLegend: z.boolean().optional(),
});
const tooltip = z.strictObject({ mode: z.enum(['multi', 'single']), sort: z.literal('desc').optional() });
const reduceOptions = z.strictObject({ calcs: z.tuple([z.literal('lastNotNull')]), fields: z.literal(''), values: z.literal(false) });

const line = z.strictObject({
  lineWidth: z.number(),
  fillOpacity: z.number().max(100),
  showPoints: z.literal('never'),
  spanNulls: z.boolean(),
  stacking: z.strictObject({ mode: z.enum(['none', 'normal']) }),
  drawStyle: z.literal('bars').optional(),
  thresholdsStyle: z.strictObject({ mode: z.literal('dashed') }).optional(),
  scaleDistribution: z.strictObject({ type: z.literal('log'), log: z.literal(10) }).optional(),
});

/** What every panel but a row has, with what its kind adds. */
function shown<const T extends string, O extends z.ZodRawShape>(
  type: T,
  options: O,
  custom: z.ZodType = z.undefined(),
  transformations: z.ZodType = z.undefined(),
) {
  return z.strictObject({
    id: z.int().min(1),
    type: z.literal(type),
    title: z.string().min(1),
    description: z.string().min(1),
    datasource,
    gridPos,
    links: z.array(link),
    targets: z.array(target).min(1),
    fieldConfig: z.strictObject({ defaults: z.strictObject({ ...defaults, custom: custom.optional() }), overrides: z.array(override) }),
    options: z.strictObject(options),
    transformations: transformations.optional(),
  });
}

const organize = z.array(
  z.strictObject({
    id: z.literal('organize'),
    options: z.strictObject({
      excludeByName: z.record(z.string(), z.boolean()),
      indexByName: z.record(z.string(), z.int()),
      renameByName: z.record(z.string(), z.string()),
    }),
  }),
);

const panel = z.discriminatedUnion('type', [
  z.strictObject({
    id: z.int().min(1),
    type: z.literal('row'),
    title: z.string().min(1),
    collapsed: z.literal(false),
    panels: z.tuple([]),
    gridPos,
  }),
  shown('stat', { colorMode: z.literal('background'), graphMode: z.literal('none'), textMode: z.literal('value'), reduceOptions }),
  shown('timeseries', { legend: listLegend, tooltip }, line),
  shown(
    'state-timeline',
    {
      mergeValues: z.boolean(),
      showValue: z.literal('auto'),
      rowHeight: z.number().max(1),
      alignValue: z.literal('left'),
      legend: listLegend,
      tooltip,
    },
    z.strictObject({ fillOpacity: z.number().max(100), lineWidth: z.number() }),
  ),
  shown('bargauge', {
    displayMode: z.literal('gradient'),
    orientation: z.literal('horizontal'),
    valueMode: z.literal('color'),
    reduceOptions,
  }),
  shown(
    'table',
    {
      showHeader: z.boolean(),
      cellHeight: z.literal('sm'),
      sortBy: z.array(z.strictObject({ displayName: z.string(), desc: z.boolean() })),
    },
    undefined,
    organize,
  ),
]);

const current = z.strictObject({ text: z.union([z.string(), z.array(z.string())]), value: z.union([z.string(), z.array(z.string())]) });
const variable = z.discriminatedUnion('type', [
  z.strictObject({
    name: z.string(),
    label: z.string(),
    type: z.literal('query'),
    datasource,
    definition: z.string(),
    query: z.strictObject({ query: z.string(), refId: z.string() }),
    refresh: z.literal(2),
    sort: z.literal(1),
    multi: z.boolean(),
    includeAll: z.boolean(),
    allValue: z.string(),
    current,
  }),
  z.strictObject({
    name: z.string(),
    label: z.string(),
    type: z.literal('textbox'),
    query: z.string(),
    current,
    options: z.tuple([]),
    skipUrlSync: z.boolean(),
  }),
]);

/** The parts of Grafana's dashboard model (schema 39) that our dashboards are made of; anything else is refused. */
export const dashboardModel = z.strictObject({
  uid: z.string().regex(/^[\w-]{1,40}$/),
  title: z.string().min(1),
  description: z.string().min(1),
  tags: z.tuple([z.literal('weir')]),
  timezone: z.literal('browser'),
  editable: z.literal(false),
  graphTooltip: z.literal(1),
  refresh: z.string().regex(/^\d+s$/),
  schemaVersion: z.literal(39),
  version: z.int(),
  time: z.strictObject({ from: z.string(), to: z.literal('now') }),
  links: z.array(
    z.strictObject({
      type: z.literal('dashboards'),
      title: z.string(),
      tags: z.array(z.string()).min(1),
      asDropdown: z.boolean(),
      includeVars: z.boolean(),
      keepTime: z.boolean(),
      targetBlank: z.boolean(),
    }),
  ),
  annotations: z.strictObject({
    list: z.array(
      z.strictObject({
        name: z.string(),
        datasource,
        enable: z.boolean(),
        iconColor: color,
        expr: z.string(),
        titleFormat: z.string(),
        textFormat: z.string(),
        step: z.string(),
      }),
    ),
  }),
  templating: z.strictObject({ list: z.array(variable) }),
  panels: z.array(panel).min(1),
});
