import type { Link } from './link.ts';

/** Grafana's names of units. */
export type Unit = 'short' | 's' | 'ops' | 'bytes' | 'percentunit' | 'dateTimeFromNow';

/** An expression, and how each series of its answer is called. */
export type Ask = readonly [expression: string, legend?: string];

/** From which number on a value is shown in a colour; `below`: what is less is bad, not what is more. */
export interface Limits {
  readonly orange?: number;
  readonly red?: number;
  readonly isLowBad?: boolean;
}

/** What a panel answers. Its title is a question, and it leads to where one acts. */
export interface Question {
  readonly title: `${string}?`;
  readonly description: string;
  readonly unit: Unit;
  readonly asks: readonly Ask[];
  readonly links: readonly [Link, ...Link[]];
  readonly limits?: Limits;
  readonly decimals?: number;
  /** Columns of 24, and lines. */
  readonly width: number;
  readonly height?: number;
}

/** A panel as Grafana keeps it, but for its number and place. */
export interface Panel {
  readonly width: number;
  readonly height: number;
  readonly body: { readonly type: string; readonly title: string } & Readonly<Record<string, unknown>>;
}

/** What a kind of panel adds to its question. */
export interface PanelShape {
  readonly type: string;
  readonly height: number;
  /** Asks for one moment, not for a row of them. */
  readonly isInstant?: boolean;
  readonly asTable?: boolean;
  readonly defaults: Readonly<Record<string, unknown>>;
  readonly overrides?: readonly object[];
  readonly options: Readonly<Record<string, unknown>>;
  readonly transformations?: readonly object[];
}

/** The data source that grafana/provisioning names. */
export const datasource = { type: 'prometheus', uid: 'weir-prometheus' } as const;

/** Makes a panel of one kind. */
export function panel(question: Question, shape: PanelShape): Panel {
  const { title, description, unit, asks, links, limits, decimals } = question;
  return {
    width: question.width,
    height: question.height ?? shape.height,
    body: {
      type: shape.type,
      title,
      description,
      datasource,
      links: links.map((link) => ({ ...link, targetBlank: true })),
      targets: asks.map(([expr, legend], at) => ({
        datasource,
        refId: String.fromCharCode('A'.charCodeAt(0) + at),
        expr,
        ...(legend !== undefined && { legendFormat: legend }),
        ...(shape.isInstant === true && { instant: true }),
        ...(shape.asTable === true && { format: 'table' }),
      })),
      fieldConfig: {
        defaults: {
          unit,
          ...(decimals !== undefined && { decimals }),
          ...shape.defaults,
          thresholds: thresholdsOf(limits),
          ...(asks.some(([, legend]) => legend?.includes('{{pipeline}}')) && { links: [ofItsPipeline] }),
        },
        overrides: shape.overrides ?? [],
      },
      options: shape.options,
      ...(shape.transformations && { transformations: shape.transformations }),
    },
  };
}

/** Where a series leads that names its pipeline: to that one's page of the console. A job has its runs there. */
const ofItsPipeline = { title: 'Console', url: '${console}/#/pipelines/${__field.labels.pipeline}', targetBlank: true };

function thresholdsOf({ orange, red, isLowBad = false }: Limits = {}): object {
  const bounds = [
    orange === undefined ? [] : [{ color: 'orange', value: orange }],
    red === undefined ? [] : [{ color: 'red', value: red }],
  ];
  const raised = bounds.flat();
  if (!isLowBad) return { mode: 'absolute', steps: [{ color: 'green', value: null }, ...raised] };
  // Each colour holds up to its bound, so that a bound begins the milder one.
  const colours = [...raised.map(({ color }) => color).toReversed(), 'green'];
  const values = [null, ...raised.map(({ value }) => value).toReversed()];
  return { mode: 'absolute', steps: colours.map((color, at) => ({ color, value: values[at] ?? null })) };
}
