import { WeirError } from '../../errors.ts';
import type { Clock } from '../../message/clock.ts';
import { reachWithin } from '../reachWithin.ts';
import type { Texter } from '../texter.ts';
import { exchange, type Exchanged, type ExchangeRequest } from './exchange.ts';

export interface TexterOptions {
  /** `https://host/path`: messages are posted to `<url>/messages`. */
  readonly url: string;
  /** Brought as bearer token. */
  readonly token: string;
  readonly clock: Clock;
}

/** An answer is an id and little more. */
const maxAnswerBytes = 65_536;

/**
 * A texter over HTTP: `POST <url>/messages {to, text}` with a bearer token and an `Idempotency-Key`, answered by 201 and `{id}`.
 * Throws `invalidOption` for an address that is not one.
 */
export function openTexter({ url, token, clock }: TexterOptions): Texter {
  const messages = addressOf(url);
  const headers = { authorization: `Bearer ${token}`, accept: 'application/json' };
  const ask = (request: Pick<ExchangeRequest, 'method' | 'headers' | 'body'>, signal: AbortSignal): Promise<Exchanged> =>
    exchange({ ...request, url: messages, maxBytes: maxAnswerBytes }, signal);
  return {
    async send({ to, text, idempotencyKey }, signal) {
      const body = JSON.stringify({ to, text });
      const own = { ...headers, 'content-type': 'application/json', 'idempotency-key': idempotencyKey };
      const answer = await ask({ method: 'POST', headers: own, body }, signal);
      if (answer.status < 200 || answer.status >= 300) throw refusalOf(answer);
      return { id: idIn(answer.body) };
    },
    async reach(limitMs) {
      await reachWithin(clock, limitMs, `The SMS endpoint did not answer within ${limitMs} ms.`, async (signal) => {
        const { status } = await ask({ method: 'GET', headers, body: '' }, signal);
        if (status >= 500) throw new WeirError('unavailable', `The SMS endpoint answered ${status}: it cannot be used.`);
      });
    },
  };
}

function addressOf(text: string): URL {
  const url = URL.parse(`${text.replace(/\/$/, '')}/messages`);
  if (url === null || !/^https?:$/.test(url.protocol) || url.username !== '') {
    throw new WeirError('invalidOption', 'The SMS endpoint must look like https://host/path, without credentials in it.');
  }
  return url;
}

/** What an answer other than 2xx means; only its status is told, since its body may repeat number and text. */
function refusalOf({ status, retryAfterMs }: Exchanged): WeirError {
  const said = `The SMS endpoint answered ${status}`;
  const later = retryAfterMs === undefined ? {} : { retryAfterMs };
  if (status === 408 || status === 425 || status === 429) return new WeirError('throttled', `${said}: not now.`, later);
  if (status === 401 || status === 403 || status === 503) return new WeirError('unavailable', `${said}: it cannot be used.`, later);
  if (status >= 400 && status < 500) return new WeirError('refused', `${said}: it does not take this message.`, { isAnswer: true });
  return new WeirError('outcomeUnknown', `${said}: it may have the message.`);
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
