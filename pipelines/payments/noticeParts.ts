import { z } from 'zod';
import type { PartitionPlan } from '../../src/runtime/jobs/job.ts';
import type { Channel } from './notice.ts';
import type { ChannelCount } from './noticeStore.ts';

const part = z.object({ channel: z.enum(['mail', 'chat']) });

/** A partition for each channel that has something to be sent, so that a slow one does not hold the other. */
export function planNotices(counts: readonly ChannelCount[]): readonly PartitionPlan[] {
  return counts.map(({ channel, count }) => ({ name: channel, input: { channel }, total: count }));
}

/** The channel of a partition. */
export function readChannel(input: unknown): Channel {
  return part.parse(input).channel;
}
