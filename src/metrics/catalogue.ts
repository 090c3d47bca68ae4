/** What a metric is: its name, what it counts, and the labels it may have. */
export interface MetricFacts {
  readonly type: 'counter' | 'gauge' | 'histogram';
  readonly help: string;
  readonly labels: readonly string[];
  /** Upper bounds of a histogram's buckets. */
  readonly buckets?: readonly number[];
}

/**
 * Every metric of Weir, by name. Label values come from fixed lists (names of pipelines, stages, outcomes, codes, states);
 * never an id, an address or anything from input.
 */
export const catalogue = {
  weir_pipeline_received_total: {
    type: 'counter',
    help: 'Messages that entered the chain. Equals the sum of weir_pipeline_messages_total and weir_pipeline_in_flight.',
    labels: ['pipeline'],
  },
  weir_pipeline_messages_total: {
    type: 'counter',
    help: 'Messages that ended, by how: done, skipped, deferred, dead, or released to be delivered again.',
    labels: ['pipeline', 'outcome'],
  },
  weir_pipeline_in_flight: { type: 'gauge', help: 'Messages that were read and have not ended.', labels: ['pipeline'] },
  weir_pipeline_lag: { type: 'gauge', help: 'Messages that wait to be read.', labels: ['pipeline'] },
  weir_pipeline_state: { type: 'gauge', help: '1 for the state that the pipeline is in, 0 for the others.', labels: ['pipeline', 'state'] },
  weir_pipeline_paused: {
    type: 'gauge',
    help: '1 while an operator has paused the pipeline, in every process that runs it.',
    labels: ['pipeline'],
  },
  weir_pipeline_held_back: {
    type: 'gauge',
    help: '1 while messages of the pipeline wait for an outside system that is away, as its breaker says.',
    labels: ['pipeline'],
  },
  weir_breaker_state: {
    type: 'gauge',
    help: '0 while calls of the outside system pass, 2 while what needs it waits because it is away, 1 while one call finds out whether it is back.',
    labels: ['dependency'],
  },
  weir_pipeline_restarts_total: { type: 'counter', help: 'Restarts after a failure of infrastructure.', labels: ['pipeline'] },
  weir_pipeline_watermark_age_seconds: {
    type: 'gauge',
    help: 'How long the oldest standing watermark of the pipeline has not risen; 0 when nothing waits above one.',
    labels: ['pipeline'],
  },
  weir_source_state: {
    type: 'gauge',
    help: '1 for the state in which the source of the pipeline stands towards the bus in this process, 0 for the others.',
    labels: ['pipeline', 'state'],
  },
  weir_source_partition_held: {
    type: 'gauge',
    help: '1 while this process reads the partition, 0 while another may; of Redis Streams, whose entries are shared singly, the number of a reader.',
    labels: ['pipeline', 'partition'],
  },
  weir_source_partition_silence_seconds: {
    type: 'gauge',
    help: 'How long a partition that this process reads has been asked for messages without an answer; 0 while it is not asked. Left out where it is not held.',
    labels: ['pipeline', 'partition'],
  },
  weir_source_assignments_total: {
    type: 'counter',
    help: 'How often this process was told what to read: each rebalance of a group of Kafka, each subscription of a Redis stream.',
    labels: ['pipeline'],
  },
  weir_source_readers_replaced_total: {
    type: 'counter',
    help: 'Members of a group of Kafka, and connections of readers of Redis, that were replaced after they had read: silent (no answer), silentFetch (none to reads), silentHeartbeat (none to signs of life), lost, refused.',
    labels: ['pipeline', 'reason'],
  },
  weir_source_removed_messages_total: {
    type: 'counter',
    help: 'Messages that were removed from the topic before the group had read them.',
    labels: ['pipeline'],
  },
  weir_pipeline_stage_seconds: {
    type: 'histogram',
    help: 'Time of one call of a stage: a chunk, an effect, or a burst of decisions.',
    labels: ['pipeline', 'stage'],
    // A factor of three or so: each bound more costs a series for every stage.
    buckets: [0.001, 0.003, 0.01, 0.03, 0.1, 0.3, 1, 3, 10, 30],
  },
  weir_pipeline_stage_messages_total: { type: 'counter', help: 'Messages that a stage worked on.', labels: ['pipeline', 'stage'] },
  weir_pipeline_retries_total: { type: 'counter', help: 'Effects tried again after a transient error.', labels: ['pipeline', 'stage'] },
  weir_dead_letters_total: { type: 'counter', help: 'Messages put aside, by stage and reason.', labels: ['pipeline', 'stage', 'code'] },
  weir_bills_parked_total: {
    type: 'counter',
    help: 'Bills put aside for a person, since nobody can tell whether their mail was sent: unknown (the send was cut short), leaseRanOut (whoever had claimed them told nothing).',
    labels: ['reason'],
  },
  weir_dead_letters_open: {
    type: 'gauge',
    help: 'Dead letters of the topic that wait for a person: neither replayed nor discarded. Counted among the oldest 200,000. Told by every process.',
    labels: ['topic'],
  },
  weir_bills: {
    type: 'gauge',
    help: 'Bills of this month and of the last that are dispatched and have no good end yet, by state: SEND_PENDING, IN_QUIET_HOUR, SENDING, FAILED; and of all months PARKED (waits for a person). Each is counted up to 10,000, which stands for as many or more. Told by every process of their profile, as all gauges of bills are.',
    labels: ['state'],
  },
  weir_bills_overdue: {
    type: 'gauge',
    help: 'Bills whose hour is past by over half an hour and that are not sent: their quiet hours or their wait have ended, or they were dispatched then. Of all months, counted up to 10,000, which stands for as many or more.',
    labels: [],
  },
  weir_bills_oldest_overdue_seconds: {
    type: 'gauge',
    help: 'How long the hour of the oldest of the bills that are overdue has been past; 0 when there is none.',
    labels: [],
  },
  weir_bills_undispatched: {
    type: 'gauge',
    help: 'Bills whose day is over in Seoul and that no dispatch has taken up. Of all months, counted up to 10,000, which stands for as many or more.',
    labels: [],
  },
  weir_notices_put_aside_total: {
    type: 'counter',
    help: 'Notices of payments that wait for a person: unknown (nobody can tell whether they left), leaseRanOut (whoever had claimed them told nothing), refused (they will never be taken as they are).',
    labels: ['reason'],
  },
  weir_job_open_runs: { type: 'gauge', help: 'Runs of the job that are not ended.', labels: ['pipeline'] },
  weir_job_read_rows: { type: 'gauge', help: 'Rows that the open runs of the job have read; 0 when there is none.', labels: ['pipeline'] },
  weir_job_expected_rows: {
    type: 'gauge',
    help: 'Rows that the open runs of the job will have read at their end. Left out when nobody knows.',
    labels: ['pipeline'],
  },
  weir_job_eta_seconds: {
    type: 'gauge',
    help: 'Time until the last open run of the job has read its rows, at its rate of now. Left out when nobody can tell.',
    labels: ['pipeline'],
  },
  weir_schedule_misses_total: {
    type: 'counter',
    help: 'Fires that were found too late to run, or whose place a later one took.',
    labels: ['schedule'],
  },
  weir_schedule_late_seconds: {
    type: 'gauge',
    help: 'Time since the oldest fire that is due and whose run has not completed; 0 when there is none. Told by every process that fires the schedule.',
    labels: ['schedule'],
  },
  weir_schedule_paused_seconds: {
    type: 'gauge',
    help: 'Time since an operator paused the schedule; 0 while nobody has. Told by every process that fires the schedule.',
    labels: ['schedule'],
  },
  weir_schedule_off: {
    type: 'gauge',
    help: '1 while an option has the schedule off, which holds in every process, otherwise 0. Told by every process that would fire the schedule.',
    labels: ['schedule'],
  },
  weir_schedule_swallowed_fires: {
    type: 'gauge',
    help: 'Fires of the schedule that were skipped because it was paused, and whose run nobody has opened since, of its latest 100; 0 for sweeps, whose next run does what was due.',
    labels: ['schedule'],
  },
  weir_outbox_messages: {
    type: 'gauge',
    help: 'Messages of committed transactions that wait in the outbox to be published, their time having come, counted up to 100,000. Told by every process that publishes it.',
    labels: ['outbox'],
  },
  weir_outbox_oldest_seconds: {
    type: 'gauge',
    help: 'Time since the oldest message that waits in the outbox was inserted, or its time came; 0 when there is none. Told by every process that publishes it.',
    labels: ['outbox'],
  },
  weir_outbox_published_total: {
    type: 'counter',
    help: 'Messages of the outbox that this process has published.',
    labels: ['outbox', 'topic'],
  },
  weir_outbox_failures_total: {
    type: 'counter',
    help: 'Tries to publish the outbox that failed; its messages wait, and are tried again.',
    labels: ['outbox', 'topic'],
  },
  weir_api_requests_total: {
    type: 'counter',
    help: 'Requests to the public API that were answered, by the path as it is declared (none: there is no such), method and class of the status.',
    labels: ['route', 'method', 'status'],
  },
  weir_api_request_seconds: {
    type: 'histogram',
    help: 'Time from the arrival of a request to the public API until its answer was handed over.',
    labels: ['route'],
    buckets: [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10],
  },
  weir_payments_waiting: {
    type: 'gauge',
    help: 'Payments that have been pending for over ten minutes, parked ones left out, counted up to 100,000. Told by every process of their profile, as all metrics of payments and refunds are.',
    labels: ['method'],
  },
  weir_payments_oldest_seconds: {
    type: 'gauge',
    help: 'How long the oldest of the payments that have been pending for over ten minutes has been; 0 when there is none.',
    labels: ['method'],
  },
  weir_orders_waiting: {
    type: 'gauge',
    help: 'Orders that have been pending for over ten minutes, whatever has become of their payments, counted up to 100,000.',
    labels: [],
  },
  weir_orders_oldest_seconds: {
    type: 'gauge',
    help: 'How long the oldest of the orders that have been pending for over ten minutes has been; 0 when there is none.',
    labels: [],
  },
  weir_payments_parked: {
    type: 'gauge',
    help: 'Payments that wait for a person, by why, counted up to 100,000.',
    labels: ['reason'],
  },
  weir_refunds_waiting: {
    type: 'gauge',
    help: 'Refunds that are not done, parked ones left out, by status, counted up to 100,000.',
    labels: ['status'],
  },
  weir_refunds_oldest_seconds: {
    type: 'gauge',
    help: 'How long the oldest of the refunds that are not done has waited, by status; 0 when there is none.',
    labels: ['status'],
  },
  weir_refunds_parked: {
    type: 'gauge',
    help: 'Refunds that wait for a person, by why the money goes back, counted up to 100,000.',
    labels: ['reason'],
  },
  weir_remittances_late: {
    type: 'gauge',
    help: 'Remittances that have had no end for over ten minutes, parked ones left out, by state, counted up to 100,000. Told by every process of their profile, as all metrics of remittances are.',
    labels: ['state'],
  },
  weir_remittances_parked: {
    type: 'gauge',
    help: 'Remittances that wait for a person, and dead letters that name none, by why, counted up to 100,000.',
    labels: ['reason'],
  },
  weir_remittances_failing: {
    type: 'gauge',
    help: 'Steps of remittances that have failed and are tried again, by the step: deposit, withdrawal or call of the bank; each counted up to 100,000.',
    labels: ['step'],
  },
  weir_remittances_held_minor: {
    type: 'gauge',
    help: 'Money of remittances on our accounts, in minor units: POOL, TRANSIT (on its way to a bank), SUSPENSE (no bank would take it).',
    labels: ['account'],
  },
  weir_remittances_unexplained_minor: {
    type: 'gauge',
    help: 'What our account holds beyond the remittances whose state says that their money is there, in minor units; always 0.',
    labels: ['account'],
  },
  weir_remittances_imbalance_minor: {
    type: 'gauge',
    help: 'The sum over all accounts of remittances, in minor units; always 0.',
    labels: [],
  },
  weir_remittances_untold: {
    type: 'gauge',
    help: 'Late remittances of which the chat was perhaps not told: PARKED (nobody can tell), FAILED (it will never take it as it is).',
    labels: ['status'],
  },
  weir_account_links_open: {
    type: 'gauge',
    help: 'Partner accounts without the word of the bank, parked ones left out, by status, counted up to 100,000. Told by every process of their profile, as all metrics of account links are.',
    labels: ['status'],
  },
  weir_account_links_oldest_seconds: {
    type: 'gauge',
    help: 'How long the oldest of the partner accounts without the word of the bank has waited, by status; 0 when there is none.',
    labels: ['status'],
  },
  weir_account_links_failing: {
    type: 'gauge',
    help: 'Partner accounts that were asked for in vain and are tried again, counted up to 100,000.',
    labels: [],
  },
  weir_account_links_parked: {
    type: 'gauge',
    help: 'Partner accounts that wait for a person, by the code of the last try, counted up to 100,000.',
    labels: ['reason'],
  },
  weir_deposits_in_flight: {
    type: 'gauge',
    help: 'Rows of the ledger of deposits that no night has moved yet, counted up to 100,000. Told by every process of their profile, as all metrics of deposits are.',
    labels: [],
  },
  weir_deposits_overdue: {
    type: 'gauge',
    help: 'Those of them that were due an hour after the midnight that should have moved them, counted up to 100,000.',
    labels: [],
  },
  weir_deposits_put_aside: {
    type: 'gauge',
    help: 'Staged balances of other programs that were found in Redis within a day and not believed, by why, counted up to 100,000.',
    labels: ['reason'],
  },
  weir_deposits_cancellations_without_fill: {
    type: 'gauge',
    help: 'Cancellations of trades whose fill has not come within three days, counted up to 100,000.',
    labels: [],
  },
  weir_deposits_calendar_left_seconds: {
    type: 'gauge',
    help: 'Time until the last day of the first market calendar that ends, in whole days; trades due after it are put aside.',
    labels: [],
  },
  weir_event_loop_delay_seconds: {
    type: 'gauge',
    help: 'Delay of the event loop since the last scrape, at its 99th percentile (p99) and at its maximum (max).',
    labels: ['statistic'],
  },
} as const satisfies Record<string, MetricFacts>;

export type MetricName = keyof typeof catalogue;

/** The counters that systems of the business raise; the others are kept by the house. */
export type BusinessCounter = Extract<MetricName, 'weir_bills_parked_total' | 'weir_notices_put_aside_total'>;

/** The gauges of systems of the business, each by a statement of its system. */
export type BusinessGauge = Extract<
  MetricName,
  | 'weir_bills'
  | 'weir_bills_overdue'
  | 'weir_bills_oldest_overdue_seconds'
  | 'weir_bills_undispatched'
  | `weir_${'orders' | 'payments' | 'refunds' | 'remittances' | 'account_links' | 'deposits'}_${string}`
>;

/** The labels of a metric. */
export type LabelOf<N extends MetricName> = (typeof catalogue)[N]['labels'][number];

/** Raises a counter of the business. By 0, its series is there from then on, so that its first rise is seen as one. */
export type Count = <N extends BusinessCounter>(name: N, labels: Readonly<Record<LabelOf<N>, string>>, by: number) => void;
