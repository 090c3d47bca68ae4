import { WeirError } from '../../errors.ts';
import type { Clock } from '../../message/clock.ts';
import type { Chat } from '../chat.ts';
import { statusFailure } from '../statusFailure.ts';
import { openHttpClient } from './openHttpClient.ts';

export interface ChatOptions {
  /** The address of an incoming webhook. Its path is its secret, so nothing that is logged has it. */
  readonly url: string;
  readonly clock: Clock;
}

const service = 'The chat';

/** Characters that people are shown: a chat folds or refuses what is much longer. Escaped, they are five times as many at most. */
const longest = 3_000;

/**
 * A chat over an incoming webhook: `POST <url> {text}`, answered by any 2xx. `&`, `<` and `>` are escaped, since a chat reads them as
 * links and mentions. Throws `invalidOption` for an address that is not one.
 */
export function openChat({ url, clock }: ChatOptions): Chat {
  const { origin, path } = hookAt(url);
  const client = openHttpClient({ service, url: origin, clock, reachPath: path });
  return {
    async post(text, signal) {
      const answer = await client.ask({ method: 'POST', path, body: JSON.stringify({ text: escaped(bounded(text)) }) }, signal);
      const failure = statusFailure(answer, { service, what: 'message' });
      if (failure !== undefined) throw failure;
    },
    reach: (limitMs) => client.reach(limitMs),
  };
}

/** The secret is kept out of the client's address, and of the sentences that it makes of it. */
function hookAt(text: string): { readonly origin: string; readonly path: string } {
  const url = URL.parse(text);
  if (url === null || url.username !== '' || url.search !== '' || url.hash !== '' || url.pathname === '/') {
    throw new WeirError('invalidOption', `${service} must look like https://host/path of a hook, without credentials and query.`);
  }
  return { origin: url.origin, path: url.pathname };
}

function bounded(text: string): string {
  const characters = Array.from(text.toWellFormed());
  return characters.length <= longest ? characters.join('') : `${characters.slice(0, longest - 1).join('')}…`;
}

function escaped(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
}
