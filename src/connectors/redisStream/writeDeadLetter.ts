import { deadLetterHeaders } from '../../message/deadLetterHeaders.ts';
import type { DeadLetter } from '../../message/deadLetter.ts';
import type { Connection } from '../redis/connection.ts';
import { fieldsOf } from './entry.ts';
import { runScript } from '../redis/script.ts';
import { writeOnce } from './scripts.ts';

/** How long a dead letter is known, in seconds: a retry after a lost answer, or after a restart, within that writes nothing. */
const knownForSeconds = 86_400;

/**
 * Appends a dead letter to a stream: the original key, bytes and headers, and beside these the headers that give the reason. The same
 * entry of the same pipeline is written once within a day.
 */
export async function writeDeadLetter(commands: Connection, stream: string, letter: DeadLetter): Promise<void> {
  const fields = fieldsOf({ key: letter.key, value: letter.original, headers: deadLetterHeaders(letter) });
  const mark = `${stream}:written:${letter.pipeline}:${letter.partition.replace(/\/\d+$/, '')}:${letter.position}`;
  await commands.use((client) => runScript(client, writeOnce, [stream, mark], [String(knownForSeconds), ...fields]));
}
