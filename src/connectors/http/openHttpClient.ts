import { WeirError } from '../../errors.ts';
import { currentCause } from '../../message/cause.ts';
import type { Clock } from '../../message/clock.ts';
import { traceparentHeader } from '../../message/trace.ts';
import type { HttpClient } from '../httpClient.ts';
import { reachWithin } from '../reachWithin.ts';
import { exchange } from './exchange.ts';

export interface HttpClientOptions {
  /** Begins every sentence about it: `The SMS endpoint`. */
  readonly service: string;
  /** `https://host/path`: paths are put behind it. */
  readonly url: string;
  /** Brought as bearer token. Default: none, for a service whose address is its secret. */
  readonly token?: string;
  readonly clock: Clock;
  /** What `reach` asks for by GET. Default `/`; any status below 500 will do. */
  readonly reachPath?: string;
  /** What an answer may have, in bytes. Default 65,536; too small makes outcomes unknown, too large lets a service fill the memory. */
  readonly maxAnswerBytes?: number;
}

/** A client of one service. Throws `invalidOption` for an address that is not one. */
export function openHttpClient(options: HttpClientOptions): HttpClient {
  const { service, url, token, clock, reachPath = '/', maxAnswerBytes = 65_536 } = options;
  const base = addressOf(url, service);
  const own = { accept: 'application/json', ...(token !== undefined && { authorization: `Bearer ${token}` }) };
  const ask: HttpClient['ask'] = async ({ method, path, headers, body = '' }, signal) => {
    const content = body === '' ? {} : { 'content-type': 'application/json' };
    const target = targetOf(base, path, service);
    const sent = { ...content, ...traceHeader(), ...headers, ...own };
    return await exchange({ url: target, method, headers: sent, body, maxBytes: maxAnswerBytes }, signal);
  };
  return {
    ask,
    async reach(limitMs) {
      await reachWithin(clock, limitMs, `${service} did not answer within ${limitMs} ms.`, async (signal) => {
        const { status } = await ask({ method: 'GET', path: reachPath }, signal);
        if (status >= 500) throw new WeirError('unavailable', `${service} answered ${status}: it cannot be used.`);
      });
    },
  };
}

/** What others noted about the trace (`tracestate`) is not for a service outside. */
function traceHeader(): Readonly<Record<string, string>> {
  const trace = currentCause()?.traceOf();
  return trace === undefined ? {} : { [traceparentHeader]: trace.traceparent };
}

/** The address without its closing slash. */
function addressOf(text: string, service: string): string {
  const url = URL.parse(text);
  if (url === null || !/^https?:$/.test(url.protocol) || url.username !== '' || url.search !== '' || url.hash !== '') {
    throw new WeirError('invalidOption', `${service} must look like https://host/path, without credentials in it.`);
  }
  return url.href.replace(/\/$/, '');
}

/** A path of `..` out of somebody's data would ask for something else than was meant: what a URL would change is refused. */
function targetOf(base: string, path: string, service: string): URL {
  const target = URL.parse(`${base}${path}`);
  const kept = target && `${target.origin}${target.pathname}${target.search}`;
  if (target !== null && kept === `${base}${path}` && path.startsWith('/')) return target;
  throw new WeirError('refused', `${service} was not asked: the path is not one that may be sent.`);
}
