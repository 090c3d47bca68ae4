import type { Readable } from 'node:stream';

/**
 * The rows that a stream of rows holds, or else the next that come; none at its end. Rejects with the stream's error, and with the
 * reason of `lost`: a stream whose connection died neither ends nor fails by itself.
 */
export function nextPage(stream: Readable, lost: AbortSignal): Promise<readonly unknown[]> {
  return new Promise((resolve, reject) => {
    const stop = (): void => {
      stream.off('readable', look).off('end', end).off('error', fail);
      lost.removeEventListener('abort', lose);
    };
    const end = (): void => {
      stop();
      resolve([]);
    };
    const fail = (error: Error): void => {
      stop();
      reject(error);
    };
    const lose = (): void => fail(lost.reason as Error);
    const look = (): void => {
      const page = [...heldBy(stream)];
      if (page.length === 0) return;
      stop();
      resolve(page);
    };
    stream.on('readable', look).on('end', end).on('error', fail);
    lost.addEventListener('abort', lose);
    if (lost.aborted) lose();
    else if (stream.readableEnded) end();
    else look();
  });
}

function* heldBy(stream: Readable): Generator {
  for (let row: unknown = stream.read(); row !== null; row = stream.read()) yield row;
}
