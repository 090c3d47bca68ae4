import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { atTheEnd } from './atTheEnd.ts';

/** What kafka_exporter tells of a topic of two partitions, one without a leader and without a commit, and of a topic of dead letters. */
const told = `
kafka_brokers 1
kafka_topic_partitions{topic="queuing.billing.email.send"} 2
kafka_topic_partitions{topic="queuing.billing.email.send.dlt"} 1
kafka_topic_partition_leader{topic="queuing.billing.email.send",partition="0"} 1
kafka_topic_partition_leader{topic="queuing.billing.email.send.dlt",partition="0"} 1
kafka_topic_partition_current_offset{topic="queuing.billing.email.send",partition="0"} 100
kafka_topic_partition_oldest_offset{topic="queuing.billing.email.send",partition="0"} 0
kafka_topic_partition_current_offset{topic="queuing.billing.email.send.dlt",partition="0"} 5
kafka_topic_partition_oldest_offset{topic="queuing.billing.email.send.dlt",partition="0"} 3
kafka_topic_partition_under_replicated_partition{topic="queuing.billing.email.send",partition="0"} 0
kafka_consumergroup_members{consumergroup="cg-billing-email-send"} 1
kafka_consumergroup_current_offset{consumergroup="cg-billing-email-send",topic="queuing.billing.email.send",partition="0"} 70
kafka_consumergroup_lag{consumergroup="cg-billing-email-send",topic="queuing.billing.email.send",partition="0"} 30
kafka_consumergroup_lag{consumergroup="cg-billing-email-send",topic="queuing.billing.email.send",partition="1"} -1
`.trimStart();

/** Answers as kafka_exporter does, or with these metrics, until the end of the tests; where it is asked, `host:port`. */
export async function aKafkaExporter(metrics = told): Promise<string> {
  const server = createServer((_request, response) => response.setHeader('content-type', 'text/plain; version=0.0.4').end(metrics));
  await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening));
  atTheEnd(
    () =>
      new Promise((closed) => {
        server.close(closed);
        server.closeAllConnections();
      }),
  );
  return `127.0.0.1:${(server.address() as AddressInfo).port}`;
}
