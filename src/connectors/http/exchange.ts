import { request as plain, type IncomingMessage } from 'node:http';
import { request as secure } from 'node:https';
import { WeirError } from '../../errors.ts';
import type { HttpAnswer } from '../httpClient.ts';

export interface ExchangeRequest {
  readonly url: URL;
  readonly method: 'GET' | 'POST';
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
  /** What an answer may have; a longer one is an error. */
  readonly maxBytes: number;
}

/**
 * One request and its answer, on a connection of its own: one that is kept may have been closed meanwhile by the other side, and
 * then nobody can tell whether a request was read. No redirect is followed. Errors: `unavailable` while nothing was sent,
 * `cancelled` for a signal that is aborted by then; once the request may be on its way everything is `outcomeUnknown`.
 */
export function exchange({ url, method, headers, body, maxBytes }: ExchangeRequest, signal: AbortSignal): Promise<HttpAnswer> {
  return new Promise((resolve, reject) => {
    let isConnected = false;
    const fail = (what: string, cause?: Error): void => {
      call.destroy();
      if (isConnected)
        reject(new WeirError('outcomeUnknown', `Nobody can tell whether ${url.host} did what it was asked: ${what}.`, { cause }));
      else if (signal.aborted) reject(new WeirError('cancelled', `Nothing was asked of ${url.host}: the call was cut before.`));
      else reject(new WeirError('unavailable', `${url.host} cannot be reached: ${what}.`, { cause }));
    };
    const bytes = Buffer.from(body);
    const send = url.protocol === 'https:' ? secure : plain;
    const call = send(url, { method, headers: { ...headers, 'content-length': bytes.byteLength }, agent: false }, (answer) => {
      const pieces: Buffer[] = [];
      let size = 0;
      answer.on('data', (piece: Buffer) => {
        size += piece.length;
        if (size > maxBytes) fail(`its answer is longer than ${maxBytes} bytes`);
        else pieces.push(piece);
      });
      answer.on('error', (error) => fail(codeIn(error), error));
      answer.on('end', () => resolve(answered(answer, Buffer.concat(pieces))));
    });
    const aborted = (): void => fail('the call was cut');
    signal.addEventListener('abort', aborted, { once: true });
    call.once('close', () => signal.removeEventListener('abort', aborted));
    call.once('socket', (socket) => socket.once(url.protocol === 'https:' ? 'secureConnect' : 'connect', () => (isConnected = true)));
    call.on('error', (error) => fail(codeIn(error), error));
    if (signal.aborted) aborted();
    else call.end(bytes);
  });
}

function answered({ statusCode = 0, headers }: IncomingMessage, body: Buffer): HttpAnswer {
  const retryAfter = headers['retry-after'];
  return {
    status: statusCode,
    headers: Object.fromEntries(Object.entries(headers).map(([name, value]) => [name, String(value)])),
    body: body.toString(),
    ...(retryAfter !== undefined && /^\d{1,6}$/.test(retryAfter) && { retryAfterMs: Number(retryAfter) * 1_000 }),
  };
}

/** The code alone: a client's text may repeat what it was given. */
function codeIn(error: Error): string {
  return 'code' in error && typeof error.code === 'string' ? error.code : error.name;
}
