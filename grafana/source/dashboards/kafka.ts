import { limitOf } from '../alert.ts';
import type { DashboardSource } from '../dashboard.ts';
import { consolePage, runbook, runbookOf } from '../link.ts';
import { graph, stat } from '../panels.ts';
import { each, orZero, perSecond, series } from '../promql.ts';
import { readers } from './readers.ts';

const group = 'consumergroup=~"cg-.+"';

/** Of a partition of which a group has committed nothing yet, the exporter says -1. */
const lag = `clamp_min(${series('kafka_consumergroup_lag', group)}, 0)`;

const brokers = [
  stat({
    title: 'How many brokers answer?',
    description: 'Brokers that the exporter knows of; none where the bus is Redis.',
    unit: 'short',
    asks: [[orZero(each('max', '', series('kafka_brokers')))]],
    limits: { red: 1, isLowBad: true },
    links: [runbook('kafka')],
    width: 6,
  }),
  stat({
    title: 'Has a partition no leader?',
    description: 'Partitions that no broker leads: nobody reads or writes them.',
    unit: 'short',
    // The exporter leaves out the leader of a partition that has none.
    asks: [[orZero(`${each('sum', '', series('kafka_topic_partitions'))} - ${each('count', '', series('kafka_topic_partition_leader'))}`)]],
    limits: { red: 1 },
    links: [runbook('a-partition-is-not-read')],
    width: 6,
  }),
  stat({
    title: 'Does a partition lack a copy?',
    description: 'Partitions with fewer copies in step than they should have.',
    unit: 'short',
    asks: [[orZero(each('sum', '', series('kafka_topic_partition_under_replicated_partition')))]],
    limits: { orange: 1 },
    links: [runbook('kafka')],
    width: 6,
  }),
  stat({
    title: 'Does the exporter answer?',
    description: 'Whether Prometheus reaches kafka_exporter, of whom this row and the next one are.',
    unit: 'short',
    asks: [[orZero(each('sum', '', series('up', 'job="kafka"')))]],
    limits: { red: 1, isLowBad: true },
    links: [runbook('kafka')],
    width: 6,
  }),
];

const topics = [
  graph({
    title: 'How far is each group behind, as the broker sees it?',
    description: 'Messages of each topic that its group has not committed: those that wait and those in flight, also while no daemon runs.',
    unit: 'short',
    asks: [[each('sum', 'consumergroup, topic', lag), '{{consumergroup}} {{topic}}']],
    links: [consolePage(''), runbookOf('WeirNoProgress')],
    width: 12,
  }),
  graph({
    title: 'Which partition is furthest behind?',
    description: 'The ten partitions whose groups have most ahead of them.',
    unit: 'short',
    asks: [[`topk(10, ${lag})`, '{{topic}} {{partition}}']],
    links: [consolePage(''), runbookOf('WeirPartitionUnread')],
    width: 12,
  }),
  graph({
    title: 'How much is written?',
    description: 'Messages a second that came onto each topic.',
    unit: 'ops',
    asks: [[each('sum', 'topic', perSecond(series('kafka_topic_partition_current_offset', 'topic!~"__.+"'))), '{{topic}}']],
    links: [consolePage(''), runbook('kafka')],
    width: 8,
  }),
  graph({
    title: 'How much is committed?',
    description: 'Messages a second that each group has committed.',
    unit: 'ops',
    asks: [
      [each('sum', 'consumergroup, topic', perSecond(series('kafka_consumergroup_current_offset', group))), '{{consumergroup}} {{topic}}'],
    ],
    links: [consolePage(''), runbook('kafka')],
    width: 8,
  }),
  graph({
    title: 'How many dead letters lie there?',
    description: 'Messages that the topics of dead letters hold. They leave by age alone; what was replayed or discarded is still there.',
    unit: 'short',
    asks: [
      [
        each(
          'sum',
          'topic',
          `${series('kafka_topic_partition_current_offset', 'topic=~".+[.]dlt"')} - ${series('kafka_topic_partition_oldest_offset', 'topic=~".+[.]dlt"')}`,
        ),
        '{{topic}}',
      ],
    ],
    links: [consolePage('dead-letters'), runbookOf('WeirDeadLetters')],
    width: 8,
  }),
  graph({
    title: 'How many members has each group?',
    description: 'Fewer than processes of its profile: one of them does not read.',
    unit: 'short',
    asks: [[each('max', 'consumergroup', series('kafka_consumergroup_members', group)), '{{consumergroup}}']],
    links: [consolePage(''), runbook('who-reads-what')],
    width: 12,
  }),
  graph({
    title: 'How long has a partition not answered?',
    description: 'How long the partition that has waited longest has been asked without an answer. Healthy: below a few seconds.',
    unit: 's',
    asks: [
      [
        each('max', 'pipeline, instance', series('weir_source_partition_silence_seconds', 'pipeline=~"$pipeline"')),
        '{{pipeline}} {{instance}}',
      ],
    ],
    limits: { red: limitOf('WeirPartitionUnread', 'weir_source_partition_silence_seconds') },
    links: [consolePage(''), runbookOf('WeirPartitionUnread')],
    width: 12,
  }),
];

/** Brokers and groups, and who of ours reads what. */
export const kafka: DashboardSource = {
  name: 'kafka',
  title: 'Kafka',
  description:
    'Brokers, topics and groups as the broker sees them, and which process reads what. Where the bus is Redis, only the last row has answers.',
  variables: ['pipeline'],
  rows: [
    { title: 'Is the broker well?', panels: brokers },
    { title: 'Are the groups behind?', panels: topics },
    { title: 'Who reads what?', panels: readers('pipeline=~"$pipeline"') },
  ],
};
