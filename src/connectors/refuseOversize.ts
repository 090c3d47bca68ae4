import { WeirError } from '../errors.ts';
import type { Topic } from './bus.ts';
import type { Outgoing } from './sink.ts';

/** Throws `oversize` where one of the messages is larger than its topic allows. */
export function refuseOversize({ name, maxSizeBytes }: Topic, messages: readonly Outgoing[]): void {
  const large = messages.find(({ value }) => value.byteLength > maxSizeBytes);
  if (large)
    throw new WeirError('oversize', `a message of ${large.value.byteLength} bytes is too large for ${name}, which allows ${maxSizeBytes}`);
}
