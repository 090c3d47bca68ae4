import { z } from 'zod';
import type { Channel } from './notice.ts';
import type { ChannelCount } from './noticeStore.ts';
import type { PartPlan } from './reconcileParts.ts';

const part = z.object({ channel: z.enum(['mail', 'chat']) });

/** A partition for each channel that has something to be sent, so that a slow one does not hold the other. */
export function planNotices(counts: readonly ChannelCount[]): readonly PartPlan[] {
  return counts.map(({ channel, count }) => ({ name: channel, input: { channel }, total: count }));
}

/** The channel of a partition. */
export function readChannel(input: unknown): Channel {
  return part.parse(input).channel;
}
