import { readFileSync } from 'node:fs';
import type { Clock } from '../message/clock.ts';
import type { Json } from '../runtime/jobs/job.ts';
import { exitCodes, type ExitCode } from './exitCodes.ts';

/** Which daemon is asked, and as whom. */
export interface AdminAddress {
  readonly url: URL;
  readonly token: string;
}

/** What a daemon answered, or a sentence about why it did not. */
export type AdminAnswer =
  | { readonly isAnswered: true; readonly answer: Json }
  | { readonly isAnswered: false; readonly sentence: string; readonly exitCode: ExitCode };

/** Longer than a daemon takes for any action. */
const usualLimitMs = 30_000;

type Refused = Extract<AdminAnswer, { readonly isAnswered: false }>;

/** Reads the address and the token from WEIR_ADMIN_URL and WEIR_TOKEN or WEIR_TOKEN_FILE; or says what is missing. */
export function adminAddress(environment: Readonly<Record<string, string | undefined>>): AdminAddress | Refused {
  const { WEIR_ADMIN_URL: url, WEIR_TOKEN: token, WEIR_TOKEN_FILE: file } = environment;
  if (url === undefined || url === '') {
    return refused(exitCodes.configuration, 'set WEIR_ADMIN_URL to the admin port of a running daemon, as http://127.0.0.1:9464');
  }
  if (!URL.canParse(url) || !/^https?:$/.test(new URL(url).protocol)) {
    return refused(exitCodes.configuration, 'WEIR_ADMIN_URL is not an address: expected http://host:port or https://host:port');
  }
  try {
    const text = (file === undefined ? token : readFileSync(file, 'utf8'))?.trim() ?? '';
    if (/^[\x21-\x7e]+$/.test(text)) return { url: new URL(url), token: text };
  } catch {
    return refused(exitCodes.configuration, `the file ${file ?? ''} cannot be read (WEIR_TOKEN_FILE)`);
  }
  return refused(exitCodes.configuration, 'set WEIR_TOKEN, or WEIR_TOKEN_FILE, to a token: weir tokens create makes one');
}

/** A route as it is asked for: its name, and how long its answer may take. */
export interface AskedRoute {
  readonly name: string;
  readonly answerLimitMs?: number;
}

/** Asks a daemon for what a route offers. The token goes to this address only: a redirection is refused. */
export async function askAdmin({ url, token }: AdminAddress, clock: Clock, route: AskedRoute, body: Json): Promise<AdminAnswer> {
  const { name, answerLimitMs = usualLimitMs } = route;
  const limit = new AbortController();
  const cancel = clock.after(answerLimitMs, () => limit.abort());
  try {
    const response = await fetch(new URL(`/api/${name.replace('.', '/')}`, url), {
      method: 'POST',
      headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
      body: JSON.stringify(body),
      redirect: 'error',
      signal: limit.signal,
    });
    const text = await response.text();
    if (!response.ok) return refused(exitCodeOf(response.status), detailOf(text) ?? `${url.origin} answered ${response.status}`);
    return { isAnswered: true, answer: JSON.parse(text) as Json };
  } catch (error) {
    if (limit.signal.aborted) {
      const sentence = `${url.origin} did not answer within ${answerLimitMs} ms: what was asked may have been done, weir audit list tells`;
      return refused(exitCodes.unavailable, sentence);
    }
    if (error instanceof SyntaxError) return refused(exitCodes.unavailable, notWeir(url));
    return refused(exitCodes.unavailable, `${url.origin} cannot be reached${causeOf(error)}: does the daemon run? (WEIR_ADMIN_URL)`);
  } finally {
    cancel();
  }
}

function exitCodeOf(status: number): ExitCode {
  if (status === 401 || status === 403) return exitCodes.denied;
  if (status === 429 || status === 502 || status === 503 || status === 504) return exitCodes.unavailable;
  return status === 400 || status === 404 ? exitCodes.usage : exitCodes.failed;
}

function notWeir(url: URL): string {
  return `${url.origin} does not answer as a Weir daemon does: is it the admin port? (WEIR_ADMIN_URL)`;
}

function refused(exitCode: ExitCode, sentence: string): Refused {
  return { isAnswered: false, exitCode, sentence };
}

/** The sentence of a problem document; undefined for what no daemon of ours has written. */
function detailOf(text: string): string | undefined {
  try {
    const { detail } = JSON.parse(text) as { readonly detail?: unknown };
    return typeof detail === 'string' ? detail : undefined;
  } catch {
    return undefined;
  }
}

function causeOf(error: unknown): string {
  const cause = error instanceof Error ? (error.cause as NodeJS.ErrnoException | undefined) : undefined;
  return cause?.code === undefined ? '' : ` (${cause.code})`;
}
