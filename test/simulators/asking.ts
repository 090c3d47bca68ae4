/** What a simulator answered. */
export interface Said {
  readonly status: number;
  readonly body: unknown;
}

/** Asks a simulator as its clients do, with the token `secret`. */
export async function asking(url: string, request: string, body?: object, key?: string, token = 'secret'): Promise<Said> {
  const [method = '', path = ''] = request.split(' ');
  const response = await fetch(`${url}${path}`, {
    method,
    headers: { authorization: `Bearer ${token}`, ...(key !== undefined && { 'idempotency-key': key }) },
    ...(body !== undefined && { body: JSON.stringify(body) }),
  });
  const text = await response.text();
  return { status: response.status, body: response.headers.get('content-type')?.includes('json') ? (JSON.parse(text) as unknown) : text };
}
