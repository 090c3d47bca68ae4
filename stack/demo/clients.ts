import { setTimeout as pause } from 'node:timers/promises';
import type { Asked } from './businesses.ts';

/** What the businesses' programs were answered. */
export interface ClientHistory {
  /** The number of each request that was taken, by its key. */
  readonly numbers: ReadonlyMap<string, string>;
  /** Requests that were sent more than once, on purpose or because no answer came. */
  readonly repeated: number;
  /** Keys that were answered with two different numbers: must stay empty. */
  readonly contradicted: readonly string[];
}

/** Who sends at once. */
const clientCount = 4;

/** Every tenth request is sent again although it was answered. */
const repeatEvery = 10;

/** Sends requests as the programs of businesses do: without an answer, the same again under the same key. */
export async function sendAll(apiUrl: () => string, token: string, asked: readonly Asked[]): Promise<ClientHistory> {
  const numbers = new Map<string, string>();
  const contradicted: string[] = [];
  let repeated = 0;
  const waiting = asked.entries();
  const client = async (): Promise<void> => {
    for (const [at, request] of waiting) {
      for (let sent = 0; sent < (at % repeatEvery === 0 ? 2 : 1); sent += 1) {
        const { number, tries } = await untilTaken(apiUrl, token, request);
        repeated += sent + tries - 1 > 0 ? 1 : 0;
        if ((numbers.get(request.key) ?? number) !== number) contradicted.push(request.key);
        numbers.set(request.key, number);
      }
    }
  };
  await Promise.all(Array.from({ length: clientCount }, client));
  return { numbers, repeated, contradicted };
}

async function untilTaken(apiUrl: () => string, token: string, request: Asked): Promise<{ number: string; tries: number }> {
  for (let tries = 1; tries <= 100; tries += 1) {
    const response = await post(apiUrl(), token, request).catch(() => undefined);
    if (response?.status === 202) return { number: ((await response.json()) as { number: string }).number, tries };
    if (response !== undefined && response.status !== 409 && response.status !== 429 && response.status < 500) {
      throw new Error(`a remittance was refused with ${response.status}: ${await response.text()}`);
    }
    await pause(100);
  }
  throw new Error('a remittance was not taken in a hundred tries');
}

function post(url: string, token: string, { key, ...body }: Asked): Promise<Response> {
  return fetch(`${url}/remittances`, {
    method: 'POST',
    headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json', 'idempotency-key': key },
    body: JSON.stringify(body),
    signal: AbortSignal.timeout(5_000),
  });
}
