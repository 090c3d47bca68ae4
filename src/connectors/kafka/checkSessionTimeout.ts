import kafkajs from 'kafkajs';
import { WeirError } from '../../errors.ts';
import type { AdminClient } from './adminClient.ts';

const least = 'group.min.session.timeout.ms';
const most = 'group.max.session.timeout.ms';

/**
 * Throws `invalidOption` where a broker lets no member in with this session timeout. Brokers that do not tell, since a right is
 * missing or they are away, pass: then they tell whoever joins.
 */
export async function checkSessionTimeout(admin: AdminClient, sessionTimeoutMs: number): Promise<void> {
  for (const { leastMs, mostMs } of await limitsOf(admin).catch(() => [])) {
    // What a broker does not tell is NaN, and refuses nothing.
    if (!(sessionTimeoutMs < leastMs) && !(sessionTimeoutMs > mostMs)) continue;
    const sentence = `${sessionTimeoutMs} does not lie within its ${least} (${leastMs}) and ${most} (${mostMs})`;
    throw new WeirError('invalidOption', `Kafka refuses kafka.sessionTimeoutMs: ${sentence}`);
  }
}

interface SessionLimits {
  readonly leastMs: number;
  readonly mostMs: number;
}

/** Of each broker, since any may come to coordinate a group. */
async function limitsOf(admin: AdminClient): Promise<readonly SessionLimits[]> {
  const { BROKER: type } = kafkajs.ConfigResourceTypes;
  const { resources } = await admin.use(async (client) => {
    const { brokers } = await client.describeCluster();
    const asked = brokers.map(({ nodeId }) => ({ type, name: String(nodeId), configNames: [least, most] }));
    return client.describeConfigs({ resources: asked, includeSynonyms: false });
  });
  return resources.map(({ configEntries }) => {
    const valueOf = (name: string): number => Number(configEntries.find(({ configName }) => configName === name)?.configValue);
    return { leastMs: valueOf(least), mostMs: valueOf(most) };
  });
}
