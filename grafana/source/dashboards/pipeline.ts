import { limitOf } from '../alert.ts';
import type { DashboardSource } from '../dashboard.ts';
import { consolePage, runbook, runbookOf } from '../link.ts';
import type { Panel } from '../panel.ts';
import { bars, graph, logGraph, stacked, states, table } from '../panels.ts';
import { each, perSecond, rise, series } from '../promql.ts';
import { breakerStates, outcomeColours, pipelineStates } from '../shades.ts';
import type { SeriesName } from '../seriesName.ts';
import { stateNumber } from '../stateNumber.ts';

const chosen = 'pipeline=~"$pipeline"';
const state = stateNumber('weir_pipeline_state', chosen, pipelineStates);

const moving = [
  stacked(
    {
      title: 'How do messages end?',
      description: 'Messages a second that ended. Deferred ones come back later; released ones were given back and are delivered again.',
      unit: 'ops',
      asks: [[each('sum', 'outcome', perSecond(series('weir_pipeline_messages_total', chosen))), '{{outcome}}']],
      links: [consolePage(''), runbook('health')],
      width: 12,
    },
    outcomeColours,
  ),
  graph({
    title: 'Does work move?',
    description: 'Messages a second that ended and need not come again.',
    unit: 'ops',
    asks: [[each('sum', 'pipeline', perSecond(series('weir_pipeline_messages_total', `${chosen}, outcome!="released"`))), '{{pipeline}}']],
    links: [consolePage(''), runbookOf('WeirNoProgress')],
    width: 12,
  }),
  graph({
    title: 'How much waits to be read?',
    description: 'Messages on the topic that no process has read. Rising: work comes faster than it is done.',
    unit: 'short',
    asks: [[each('max', 'pipeline', series('weir_pipeline_lag', chosen)), '{{pipeline}}']],
    links: [consolePage(''), runbookOf('WeirLagGrows')],
    width: 8,
  }),
  graph({
    title: 'How much is in flight?',
    description: 'Messages that were read and have not ended. At the window, reading waits for what is at the end.',
    unit: 'short',
    asks: [[each('sum', 'pipeline, instance', series('weir_pipeline_in_flight', chosen)), '{{pipeline}} {{instance}}']],
    links: [consolePage(''), runbookOf('WeirNoProgress')],
    width: 8,
  }),
  graph({
    title: 'Does a watermark stand?',
    description: 'How long the oldest watermark has not risen. It rises at once when its oldest message ends.',
    unit: 's',
    asks: [[each('max', 'pipeline, instance', series('weir_pipeline_watermark_age_seconds', chosen)), '{{pipeline}} {{instance}}']],
    limits: { red: limitOf('WeirNoProgress', 'weir_pipeline_watermark_age_seconds') },
    links: [consolePage(''), runbookOf('WeirNoProgress')],
    width: 8,
  }),
];

function stageTime(title: `${string}?`, name: SeriesName, description: string): Panel {
  return logGraph({
    title,
    description: `${description} Of the last five minutes. A call is a chunk, an effect, or a burst of decisions.`,
    unit: 's',
    asks: [[series(name, chosen), '{{pipeline}} {{stage}}']],
    links: [consolePage(''), runbookOf('WeirLagGrows')],
    width: 8,
  });
}

const hanging = [
  states(
    {
      title: 'What state is each pipeline in?',
      description: 'In each process that runs it.',
      unit: 'short',
      asks: [[state.expression, '{{pipeline}} {{instance}}']],
      links: [consolePage(''), runbook('pausing')],
      width: 12,
    },
    state.shades,
  ),
  states(
    {
      title: 'Do calls to outside systems pass?',
      description: 'Held back, calls wait unclaimed, and no try is counted.',
      unit: 'short',
      asks: [[each('max', 'dependency', series('weir_breaker_state')), '{{dependency}}']],
      links: [consolePage(''), runbookOf('WeirDependencyAway')],
      width: 12,
    },
    breakerStates,
  ),
  stageTime(
    'How long does a stage take, as a rule?',
    'pipeline_stage:weir_pipeline_stage_seconds:p50_5m',
    'Half of the calls of each stage took no longer.',
  ),
  stageTime(
    'How long do the slowest calls of a stage take?',
    'pipeline_stage:weir_pipeline_stage_seconds:p99_5m',
    '99 of 100 calls of each stage took no longer.',
  ),
  graph({
    title: 'What is tried again?',
    description: 'Effects a second that were tried again after a transient error.',
    unit: 'ops',
    asks: [[each('sum', 'pipeline, stage', perSecond(series('weir_pipeline_retries_total', chosen))), '{{pipeline}} {{stage}}']],
    links: [consolePage(''), runbookOf('WeirRetryStorm')],
    width: 8,
  }),
  graph({
    title: 'What does each stage work on?',
    description: 'Messages a second that each stage worked on; of a job, rows.',
    unit: 'ops',
    asks: [[each('sum', 'pipeline, stage', perSecond(series('weir_pipeline_stage_messages_total', chosen))), '{{pipeline}} {{stage}}']],
    links: [consolePage(''), runbookOf('WeirNoProgress')],
    width: 12,
  }),
  bars({
    title: 'Does a pipeline start again and again?',
    description: 'Restarts after a failure of infrastructure.',
    unit: 'short',
    asks: [[each('sum', 'pipeline', rise(series('weir_pipeline_restarts_total', chosen))), '{{pipeline}}']],
    links: [consolePage(''), runbookOf('WeirNoProgress')],
    width: 12,
  }),
];

const aside = [
  table({
    title: 'What was put aside, and why?',
    description: 'Dead letters by where and why: of the processes that ran in the time shown, each since its start.',
    unit: 'short',
    asks: [[each('sum', 'pipeline, stage, code', `max_over_time(${series('weir_dead_letters_total', chosen)}[$__range])`)]],
    columns: ['pipeline', 'stage', 'code'],
    value: 'messages',
    links: [consolePage('dead-letters'), runbookOf('WeirDeadLetters')],
    width: 12,
  }),
  bars({
    title: 'When was it put aside?',
    description: 'Dead letters by pipeline.',
    unit: 'short',
    asks: [[each('sum', 'pipeline', rise(series('weir_pipeline_messages_total', `${chosen}, outcome="dead"`))), '{{pipeline}}']],
    links: [consolePage('dead-letters'), runbookOf('WeirDeadLetters')],
    width: 12,
  }),
  graph({
    title: 'What still waits for a person?',
    description: 'Dead letters of each topic that nobody has replayed or discarded, of all pipelines, whenever they were put aside.',
    unit: 'short',
    asks: [[each('max', 'topic', series('weir_dead_letters_open')), '{{topic}}']],
    limits: { orange: limitOf('WeirDeadLettersWait', 'weir_dead_letters_open') + 1 },
    links: [consolePage('dead-letters'), runbookOf('WeirDeadLettersWait')],
    width: 24,
  }),
];

/** Any pipeline or job, chosen at the top. */
export const pipeline: DashboardSource = {
  name: 'pipeline',
  title: 'Pipeline',
  description: 'Of the pipelines and jobs that are chosen: whether they move, where they hang, what they put aside.',
  variables: ['pipeline'],
  rows: [
    { title: 'Is work moving?', panels: moving },
    { title: 'Where does it hang?', panels: hanging },
    { title: 'What was put aside?', panels: aside },
  ],
};
