/** What the API answers: JSON of any shape. */
export type Json = string | number | boolean | null | readonly Json[] | Sheet;

export interface Sheet {
  readonly [field: string]: Json | undefined;
}

/** A field that was not understood. */
export interface WrongField {
  readonly field: string;
  readonly expected: string;
}

/** A refusal of the daemon, or that it did not answer. The message says what to do. */
export class Refusal extends Error {
  /** Of HTTP; 0 where nothing was answered. */
  readonly status: number;
  readonly code: string | undefined;
  readonly fields: readonly WrongField[];

  constructor(status: number, detail: string, code?: string, fields: readonly WrongField[] = []) {
    super(detail);
    this.name = 'Refusal';
    this.status = status;
    this.code = code;
    this.fields = fields;
  }
}

const answerLimitMs = 60_000;

/** Asks or acts: `ask('billing.find', { bill })`. Rejects with a `Refusal` for anything but an answer. */
export async function ask<T = Json>(name: string, input: object = {}, limitMs = answerLimitMs): Promise<T> {
  return request<T>(`/api/${name.replace('.', '/')}`, limitMs, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(input),
  });
}

/** What an action would answer; it changes nothing. */
export function askEffect(name: string, input: object): Promise<Json> {
  return ask(`${name}/effect`, input);
}

/** The document of the API. */
export function readDocument<T>(): Promise<T> {
  return request<T>('/api/openapi.json', answerLimitMs, { method: 'GET' });
}

async function request<T>(path: string, limitMs: number, init: RequestInit): Promise<T> {
  let response: Response;
  try {
    response = await fetch(path, { ...init, credentials: 'same-origin', signal: AbortSignal.timeout(limitMs) });
  } catch {
    throw new Refusal(0, 'The daemon does not answer. See that it runs and that this machine reaches it, then try again.');
  }
  const body = (await response.json().catch(() => ({}))) as Partial<ProblemBody>;
  if (response.ok) return body as T;
  throw new Refusal(response.status, body.detail ?? `The daemon answers ${response.status}.`, body.code, body.fields);
}

interface ProblemBody {
  readonly detail: string;
  readonly code: string;
  readonly fields: readonly WrongField[];
}
