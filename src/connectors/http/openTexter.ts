import type { Clock } from '../../message/clock.ts';
import { statusFailure } from '../statusFailure.ts';
import type { Texter } from '../texter.ts';
import { openHttpClient } from './openHttpClient.ts';

export interface TexterOptions {
  /** `https://host/path`: messages are posted to `<url>/messages`. */
  readonly url: string;
  /** Brought as bearer token. */
  readonly token: string;
  readonly clock: Clock;
}

const service = 'The SMS endpoint';
const path = '/messages';

/**
 * A texter over HTTP: `POST <url>/messages {to, text}` with a bearer token and an `Idempotency-Key`, answered by 201 and `{id}`.
 * Throws `invalidOption` for an address that is not one.
 */
export function openTexter(options: TexterOptions): Texter {
  const client = openHttpClient({ ...options, service, reachPath: path });
  return {
    async send({ to, text, idempotencyKey }, signal) {
      const headers = { 'idempotency-key': idempotencyKey };
      const answer = await client.ask({ method: 'POST', path, headers, body: JSON.stringify({ to, text }) }, signal);
      const failure = statusFailure(answer, { service, what: 'message' });
      if (failure !== undefined) throw failure;
      return { id: idIn(answer.body) };
    },
    reach: (limitMs) => client.reach(limitMs),
  };
}

/** A message whose answer cannot be read was taken all the same. */
function idIn(body: string): string {
  try {
    const answer: unknown = JSON.parse(body);
    const id = typeof answer === 'object' && answer !== null && 'id' in answer ? answer.id : undefined;
    return typeof id === 'string' ? id.slice(0, 200) : '';
  } catch {
    return '';
  }
}
