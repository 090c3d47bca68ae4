import type { Transaction } from '../../connectors/database.ts';
import { WeirError } from '../../errors.ts';
import { Decision, type Answer } from '../../message/decision.ts';
import { deadLetterOf } from '../../message/deadLetter.ts';
import { decide, isOpen, withValue, type Envelope, type Message } from '../../message/message.ts';
import type { ChunkPart } from './chunkStore.ts';
import type { Skip } from './skips.ts';

/** What a part of the line has come to. */
export interface Conclusion<R> {
  readonly messages: readonly Message<R>[];
  /** Rows that died above this stage or were answered `dead` by it. */
  readonly skips: readonly Skip[];
  /** Those that this stage itself answered `dead`: nobody has been told about them yet. */
  readonly died: readonly { readonly envelope: Envelope; readonly error: unknown }[];
}

/** Writes the open messages of a part in its transaction, if there are any, and joins the line with their answers. */
export async function writePart<T, R>(
  transaction: Transaction,
  part: ChunkPart<T, R>,
  noted: ReadonlyMap<string, Skip>,
): Promise<Conclusion<R>> {
  const values = part.line.filter(isOpen).map((message) => message.value);
  const answers = values.length === 0 ? undefined : await part.write(transaction, values);
  return concludeChunk(part, answers, noted);
}

/**
 * Joins the line with the answers for its open messages. `noted` are the skips of messages that died above. Another number of
 * answers than of open messages is a defect.
 */
function concludeChunk<T, R>(
  { line, stage }: ChunkPart<T, R>,
  answers: readonly Answer<R>[] | undefined,
  noted: ReadonlyMap<string, Skip>,
): Conclusion<R> {
  const openCount = line.filter(isOpen).length;
  if (answers !== undefined && answers.length !== openCount) {
    throw new WeirError('defect', `${stage} gave ${answers.length} answers for ${openCount} rows; one for each was expected.`);
  }
  const skips: Skip[] = [];
  const died: { envelope: Envelope; error: unknown }[] = [];
  let next = 0;
  const messages = line.map((message): Message<R> => {
    const { envelope } = message;
    if (!isOpen(message)) {
      if (message.outcome === 'dead') skips.push(noted.get(envelope.position) ?? unnoted(envelope, stage, message.reason));
      return message;
    }
    // Without answers the values go on as they are: the stage was typed with R = T.
    const answer = answers === undefined ? (message.value as unknown as R) : (answers[next++] as Answer<R>);
    if (!Decision.is(answer)) return withValue(message, answer);
    if (answer.outcome === 'dead') {
      skips.push(deadLetterOf(envelope, stage, answer.error));
      died.push({ envelope, error: answer.error });
    }
    return decide(message, answer.outcome, answer.reason);
  });
  return { messages, skips, died };
}

/** A row that some stage declared dead without saying why. */
function unnoted({ position }: Envelope, stage: string, text: string): Skip {
  return { position, stage, code: 'refused', text };
}
