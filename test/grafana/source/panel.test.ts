import { describe, expect, it } from 'vitest';
import { dashboard } from '../../../grafana/source/dashboard.ts';
import { consolePage } from '../../../grafana/source/link.ts';
import type { Limits, Panel } from '../../../grafana/source/panel.ts';
import { stat } from '../../../grafana/source/panels.ts';

function aPanel(changes: { readonly limits?: Limits; readonly width?: number; readonly height?: number } = {}): Panel {
  return stat({
    title: 'Is it well?',
    description: 'It is.',
    unit: 'short',
    asks: [['up']],
    links: [consolePage('')],
    width: 6,
    ...changes,
  });
}

function stepsOf(limits: Limits): unknown {
  const { fieldConfig } = aPanel({ limits }).body as unknown as {
    readonly fieldConfig: { readonly defaults: { readonly thresholds: { readonly steps: unknown } } };
  };
  return fieldConfig.defaults.thresholds.steps;
}

describe('the limits of a panel', () => {
  it('colour what is more, each from its bound on', () => {
    expect(stepsOf({ orange: 60, red: 600 })).toEqual([
      { color: 'green', value: null },
      { color: 'orange', value: 60 },
      { color: 'red', value: 600 },
    ]);
    expect(stepsOf({ red: 1 })).toEqual([
      { color: 'green', value: null },
      { color: 'red', value: 1 },
    ]);
  });

  it('colour what is less where little is bad, each below its bound', () => {
    expect(stepsOf({ red: 1, isLowBad: true })).toEqual([
      { color: 'red', value: null },
      { color: 'green', value: 1 },
    ]);
    expect(stepsOf({ orange: 60, red: 10, isLowBad: true })).toEqual([
      { color: 'red', value: null },
      { color: 'orange', value: 10 },
      { color: 'green', value: 60 },
    ]);
  });
});

describe('the panels of a dashboard', () => {
  it('stand from left to right, a new line where the next does not fit, and below a heading', () => {
    const rows = [
      { title: 'First?' as const, panels: [aPanel({ width: 18, height: 3 }), aPanel({ height: 5 }), aPanel({ width: 12 })] },
      { title: 'Second?' as const, panels: [aPanel()] },
    ];
    const { panels } = dashboard({ name: 'test', title: 'Test', description: 'Test.', variables: [], rows }) as {
      readonly panels: readonly { readonly gridPos: object }[];
    };
    expect(panels.map(({ gridPos }) => gridPos)).toEqual([
      { h: 1, w: 24, x: 0, y: 0 },
      { h: 3, w: 18, x: 0, y: 1 },
      { h: 5, w: 6, x: 18, y: 1 },
      { h: 4, w: 12, x: 0, y: 6 },
      { h: 1, w: 24, x: 0, y: 10 },
      { h: 4, w: 6, x: 0, y: 11 },
    ]);
  });
});
