import type { DashboardSource } from '../dashboard.ts';
import { consolePage, runbook } from '../link.ts';
import { bars, graph, logGraph, stat } from '../panels.ts';
import { each, perSecond, rise, series } from '../promql.ts';

const ours = 'job="weir", instance=~"$instance"';
const chosen = 'instance=~"$instance"';

const machine = [
  stat({
    title: 'How many processes answer?',
    description: 'Processes of Weir that Prometheus has reached at its last try.',
    unit: 'short',
    asks: [[each('sum', '', series('up', ours))]],
    limits: { red: 1, isLowBad: true },
    links: [runbook('start-and-stop')],
    width: 6,
    height: 8,
  }),
  graph({
    title: 'Since when does each process run?',
    description: 'Seconds since its start. One that is young again and again restarts in a loop.',
    unit: 's',
    asks: [[`time() - ${series('process_start_time_seconds', ours)}`, '{{instance}}']],
    links: [runbook('exit-codes')],
    width: 9,
  }),
  graph({
    title: 'How long does a scrape take?',
    description: 'Prometheus gives up after five seconds. A scrape waits a second at most for what cannot be asked.',
    unit: 's',
    asks: [[series('scrape_duration_seconds', ours), '{{instance}}']],
    limits: { orange: 1, red: 5 },
    links: [runbook('health')],
    width: 9,
  }),
  graph({
    title: 'How much memory does it hold?',
    description: 'What the process holds of the machine’s memory, and the part that JavaScript uses.',
    unit: 'bytes',
    asks: [
      [series('process_resident_memory_bytes', ours), '{{instance}} resident'],
      [series('nodejs_heap_size_used_bytes', ours), '{{instance}} heap'],
    ],
    links: [runbook('start-and-stop')],
    width: 8,
  }),
  graph({
    title: 'Is the event loop held up?',
    description: 'How late timers and answers were, since the scrape before. Seconds: something computes too long at once.',
    unit: 's',
    asks: [
      [series('weir_event_loop_delay_seconds', `${chosen}, statistic="p99"`), '{{instance}} 99th percentile'],
      [series('weir_event_loop_delay_seconds', `${chosen}, statistic="max"`), '{{instance}} longest'],
    ],
    limits: { orange: 1 },
    links: [runbook('health')],
    width: 8,
  }),
  graph({
    title: 'How much does it compute?',
    description: 'Processors in use. A process computes on one; more is garbage collection and cryptography beside it.',
    unit: 'short',
    asks: [[perSecond(series('process_cpu_seconds_total', ours)), '{{instance}}']],
    links: [runbook('scaling')],
    width: 8,
  }),
  graph({
    title: 'Does it leak files or sockets?',
    description: 'File descriptors of the process. One that only rises leaks connections.',
    unit: 'short',
    asks: [[series('process_open_fds', ours), '{{instance}}']],
    links: [runbook('start-and-stop')],
    width: 12,
  }),
  bars({
    title: 'Do pipelines start again?',
    description: 'Restarts after a failure of infrastructure.',
    unit: 'short',
    asks: [[each('sum', 'pipeline, instance', rise(series('weir_pipeline_restarts_total', chosen))), '{{pipeline}} {{instance}}']],
    links: [consolePage(''), runbook('no-progress')],
    width: 12,
  }),
];

const api = [
  graph({
    title: 'What is the public API asked?',
    description: 'Requests a second that were answered, by path and class of the status.',
    unit: 'ops',
    asks: [[each('sum', 'route, status', perSecond(series('weir_api_requests_total', chosen))), '{{route}} {{status}}']],
    links: [runbook('the-public-api')],
    width: 12,
  }),
  logGraph({
    title: 'How long do callers wait?',
    description: '99 of 100 requests of each path were answered in no longer.',
    unit: 's',
    asks: [
      [`histogram_quantile(0.99, ${each('sum', 'le, route', perSecond(series('weir_api_request_seconds_bucket', chosen)))})`, '{{route}}'],
    ],
    links: [runbook('the-public-api')],
    width: 12,
  }),
];

/** The processes themselves, chosen at the top, and the public API that they serve. */
export const process: DashboardSource = {
  name: 'process',
  title: 'Process',
  description: 'Memory, processor, event loop and files of the processes that are chosen, and how they answer the public API.',
  variables: ['instance'],
  rows: [
    { title: 'Is the process well?', panels: machine },
    { title: 'Are callers answered?', panels: api },
  ],
};
