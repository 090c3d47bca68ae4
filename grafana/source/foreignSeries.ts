/**
 * Series that panels and rules ask for and that are not Weir's own, each with its labels: those of Prometheus itself, of the client library
 * about the process, of kafka_exporter, and those that config/prometheus/recording.yml makes of ours.
 */
export const foreignSeries = {
  up: [],
  scrape_duration_seconds: [],
  ALERTS: [
    ...['alertname', 'alertstate', 'severity', 'cause', 'pipeline', 'schedule', 'outbox', 'dependency', 'method', 'reason', 'account'],
    ...['state', 'step', 'stage', 'topic'],
  ],
  process_resident_memory_bytes: [],
  process_cpu_seconds_total: [],
  process_open_fds: [],
  process_start_time_seconds: [],
  nodejs_heap_size_used_bytes: [],
  'pipeline_stage:weir_pipeline_stage_seconds:p50_5m': ['pipeline', 'stage'],
  'pipeline_stage:weir_pipeline_stage_seconds:p99_5m': ['pipeline', 'stage'],
  kafka_brokers: [],
  kafka_topic_partitions: ['topic'],
  kafka_topic_partition_current_offset: ['topic', 'partition'],
  kafka_topic_partition_oldest_offset: ['topic', 'partition'],
  kafka_topic_partition_leader: ['topic', 'partition'],
  kafka_topic_partition_under_replicated_partition: ['topic', 'partition'],
  kafka_consumergroup_lag: ['consumergroup', 'topic', 'partition'],
  kafka_consumergroup_current_offset: ['consumergroup', 'topic', 'partition'],
  kafka_consumergroup_members: ['consumergroup'],
} as const satisfies Record<string, readonly string[]>;
