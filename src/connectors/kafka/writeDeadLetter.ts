import { deadLetterHeaderNames, deadLetterHeaders } from '../../message/deadLetterHeaders.ts';
import type { DeadLetter } from '../../message/deadLetter.ts';
import type { Topic } from '../bus.ts';
import type { Outgoing } from '../sink.ts';
import type { BatchProducer } from './producer.ts';
import { recordOf, sizeOf } from './record.ts';
import { isTooLarge } from './translateError.ts';
import { letterBytes } from './topicConfig.ts';

/** What is tried whole at most: a broker ends a connection that brings more than 100 MiB at once, and tells nobody why. */
const mostBytes = 67_108_864;

/** What every topic takes: where even that is refused, it is not the letter's fault. */
const leastBytes = 4_096;

/**
 * Writes a dead letter, cut where its topic refuses it as too large: to what `weir migrate` makes room for, and where the topic was
 * made smaller, to halves of that until it is taken. What came in compressed may be far larger than whatever a topic allows.
 */
export async function writeDeadLetter(producer: Pick<BatchProducer, 'send'>, topic: Topic, letter: DeadLetter): Promise<void> {
  for (let sizeBytes = mostBytes; ;) {
    const fitting = letterWithin(sizeBytes, letter);
    try {
      await producer.send(topic.deadLetters, [recordOf(fitting)]);
      return;
    } catch (error) {
      const triedBytes = Math.min(sizeBytes, sizeOf(fitting));
      if (!isTooLarge(error) || triedBytes <= leastBytes) throw error;
      sizeBytes = triedBytes > letterBytes(topic) ? letterBytes(topic) : Math.max(leastBytes, Math.floor(triedBytes / 2));
    }
  }
}

/**
 * A dead letter that takes so many bytes at most, or as few as can be. Where that is not all of it, a header says how large the
 * original value was, and those that tell where it was read say where to look; of the rest the value is cut first, then its own headers
 * are left out, then its key.
 */
function letterWithin(sizeBytes: number, letter: DeadLetter): Outgoing {
  const { key, original } = letter;
  const whole = { key, value: original, headers: deadLetterHeaders(letter) };
  if (sizeOf(whole) <= sizeBytes) return whole;
  const isCut = [deadLetterHeaderNames.originalBytes, String(original.byteLength)] as const;
  const ours = deadLetterHeaders({ ...letter, headers: new Map() });
  for (const bare of [
    { key, headers: new Map([...whole.headers, isCut]) },
    { key, headers: new Map([...ours, isCut]) },
  ]) {
    const leftBytes = sizeBytes - sizeOf({ ...bare, value: nothing });
    if (leftBytes >= 0) return { ...bare, value: original.subarray(0, leftBytes) };
  }
  return { key: '', value: nothing, headers: new Map([...ours, isCut]) };
}

const nothing = new Uint8Array();
