// The kinds of panels there are.
import { panel, type Panel, type Question } from './panel.ts';

const lastOnly = { calcs: ['lastNotNull'], fields: '', values: false };
const line = { lineWidth: 1, fillOpacity: 8, showPoints: 'never', spanNulls: false, stacking: { mode: 'none' } };
const graphOptions = {
  legend: { displayMode: 'table', placement: 'bottom', calcs: ['lastNotNull', 'max'] },
  tooltip: { mode: 'multi', sort: 'desc' },
};

/** One number in the colour of its limit. */
export function stat(question: Question): Panel {
  return panel(
    { decimals: 0, ...question },
    {
      type: 'stat',
      height: 4,
      isInstant: true,
      defaults: { color: { mode: 'thresholds' } },
      options: { colorMode: 'background', graphMode: 'none', textMode: 'value', reduceOptions: lastOnly },
    },
  );
}

/** Numbers over time; a limit is a dashed line. */
export function graph(question: Question, custom: Readonly<Record<string, unknown>> = {}, overrides: readonly object[] = []): Panel {
  const limit = question.limits === undefined ? {} : { thresholdsStyle: { mode: 'dashed' } };
  const defaults = { min: 0, custom: { ...line, ...limit, ...custom } };
  return panel(question, { type: 'timeseries', height: 8, defaults, overrides, options: graphOptions });
}

/** Numbers that may be negative. */
export function signedGraph(question: Question): Panel {
  return panel(question, { type: 'timeseries', height: 8, defaults: { custom: line }, options: graphOptions });
}

/** Times from microseconds to minutes. */
export function logGraph(question: Question): Panel {
  const custom = { ...line, scaleDistribution: { type: 'log', log: 10 } };
  return panel(question, { type: 'timeseries', height: 8, defaults: { custom }, options: graphOptions });
}

/** How often something happened, as bars. */
export function bars(question: Question): Panel {
  return graph({ decimals: 0, ...question }, { drawStyle: 'bars', fillOpacity: 60 });
}

/** Shares of a whole over time, each in a colour of its own. */
export function stacked(question: Question, colours: Readonly<Record<string, string>>): Panel {
  const overrides = Object.entries(colours).map(([name, fixedColor]) => ({
    matcher: { id: 'byName', options: name },
    properties: [{ id: 'color', value: { mode: 'fixed', fixedColor } }],
  }));
  return graph(question, { fillOpacity: 25, stacking: { mode: 'normal' } }, overrides);
}

/** What a number of a state line means. */
export interface Shade {
  readonly text: string;
  readonly color: string;
}

/** States over time, a line for each series; a state is the number under which `shades` has it. */
export function states(question: Question, shades: Readonly<Record<number, Shade>>): Panel {
  const options = Object.fromEntries(Object.entries(shades).map(([value, shade], index) => [value, { ...shade, index }]));
  return panel(question, {
    type: 'state-timeline',
    height: 8,
    defaults: {
      mappings: [{ type: 'value', options }],
      color: { mode: 'thresholds' },
      custom: { fillOpacity: 80, lineWidth: 0 },
    },
    options: {
      ...{ mergeValues: true, showValue: 'auto', rowHeight: 0.8, alignValue: 'left' },
      ...{ legend: { displayMode: 'list', placement: 'bottom', showLegend: false }, tooltip: { mode: 'single' } },
    },
  });
}

/** How far each of several is, as bars from 0 to 1. */
export function progress(question: Question & { readonly whenNone: string }): Panel {
  return panel(
    { decimals: 1, ...question },
    {
      type: 'bargauge',
      height: 8,
      isInstant: true,
      defaults: { min: 0, max: 1, noValue: question.whenNone, color: { mode: 'continuous-BlPu' } },
      options: { displayMode: 'gradient', orientation: 'horizontal', valueMode: 'color', reduceOptions: lastOnly },
    },
  );
}

/** Labels as columns, in this order, and the number under a name of its own. */
export function table(question: Question & { readonly columns: readonly string[]; readonly value: string }): Panel {
  const indexByName = Object.fromEntries([...question.columns, 'Value'].map((column, index) => [column, index]));
  return panel(
    { decimals: 0, ...question },
    {
      type: 'table',
      height: 8,
      isInstant: true,
      asTable: true,
      defaults: { noValue: 'none' },
      options: { showHeader: true, cellHeight: 'sm', sortBy: [{ displayName: question.value, desc: true }] },
      transformations: [
        { id: 'organize', options: { excludeByName: { Time: true }, indexByName, renameByName: { Value: question.value } } },
      ],
    },
  );
}
