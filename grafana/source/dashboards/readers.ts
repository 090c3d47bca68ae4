import { limitOf } from '../alert.ts';
import { consolePage, runbook, runbookOf } from '../link.ts';
import type { Panel } from '../panel.ts';
import { bars, graph, states } from '../panels.ts';
import { each, rise, series } from '../promql.ts';
import { sourceStates } from '../shades.ts';
import { stateNumber } from '../stateNumber.ts';

/** Who reads what pipelines read, over any bus; of those pipelines that match. */
export function readers(chosen: string): readonly Panel[] {
  const state = stateNumber('weir_source_state', chosen, sourceStates);
  const held = series('weir_source_partition_held', chosen);
  return [
    states(
      {
        title: 'How does each source stand towards the bus?',
        description: 'In each process. Standby: the others have all partitions.',
        unit: 'short',
        asks: [[state.expression, '{{pipeline}} {{instance}}']],
        links: [consolePage(''), runbook('who-reads-what')],
        width: 12,
      },
      state.shades,
    ),
    graph({
      title: 'Which process reads how many partitions?',
      description: 'And how many none does. Of Redis Streams, whose entries are shared singly: readers.',
      unit: 'short',
      asks: [
        [each('sum', 'pipeline, instance', held), '{{pipeline}} {{instance}}'],
        [each('sum', 'pipeline', `1 - ${each('max', 'pipeline, partition', held)}`), '{{pipeline}} unread'],
      ],
      links: [consolePage(''), runbookOf('WeirPartitionUnread')],
      width: 12,
    }),
    bars({
      title: 'How often is a group dealt anew?',
      description: 'How often each pipeline was told what to read: rebalances of its group, or subscriptions.',
      unit: 'short',
      asks: [[each('sum', 'pipeline', rise(series('weir_source_assignments_total', chosen))), '{{pipeline}}']],
      links: [consolePage(''), runbook('what-the-log-says-of-the-bus')],
      width: 8,
    }),
    bars({
      title: 'Is a reader replaced again and again?',
      description: `Members of a group, or connections, that were replaced, and why. One now and then heals itself; more than ${Math.floor(
        limitOf('WeirReadersReplaced', 'weir_source_readers_replaced_total'),
      )} in half an hour are an alert.`,
      unit: 'short',
      asks: [[each('sum', 'pipeline, reason', rise(series('weir_source_readers_replaced_total', chosen))), '{{pipeline}} {{reason}}']],
      links: [consolePage(''), runbookOf('WeirReadersReplaced')],
      width: 8,
    }),
    bars({
      title: 'Was anything removed before it was read?',
      description: 'Messages that the bus removed by age or length and that nobody had read: work that is lost.',
      unit: 'short',
      asks: [[each('sum', 'pipeline', rise(series('weir_source_removed_messages_total', chosen))), '{{pipeline}}']],
      links: [consolePage(''), runbookOf('WeirMessagesLost')],
      width: 8,
    }),
  ];
}
