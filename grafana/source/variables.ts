import { datasource } from './panel.ts';

const pipelines = 'label_values({__name__=~"weir_pipeline_.+"}, pipeline)';
const instances = 'label_values(up{job="weir"}, instance)';

function chosen(name: string, label: string, query: string): object {
  return {
    ...{ name, label, type: 'query', datasource, definition: query, query: { query, refId: name } },
    ...{ refresh: 2, sort: 1, multi: true, includeAll: true, allValue: '.+', current: { text: ['All'], value: ['$__all'] } },
  };
}

function typed(name: string, label: string, query: string): object {
  return { name, label, type: 'textbox', query, current: { text: query, value: query }, options: [], skipUrlSync: false };
}

/**
 * What is chosen at the top of a dashboard. `console` is the address of the console, `runbook` that of docs/operations.md: compose has
 * Grafana serve it; whoever keeps it elsewhere writes that address there.
 */
export const variables = {
  pipeline: chosen('pipeline', 'Pipeline or job', pipelines),
  instance: chosen('instance', 'Process', instances),
  console: typed('console', 'Console', 'http://localhost:9464'),
  runbook: typed('runbook', 'Runbook', '/public/weir/operations.md'),
} as const;

export type VariableName = keyof typeof variables;
