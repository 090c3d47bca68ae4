import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { defineApiRoute } from '../../src/api/apiRoute.ts';
import { currentCause } from '../../src/message/cause.ts';
import type { Trace } from '../../src/message/trace.ts';
import { recordSpans } from '../support/recordSpans.ts';
import { until } from '../support/until.ts';
import { anApiServer, ask, type AnApiServer } from './anApiServer.ts';

const traceId = '4bf92f3577b34da6a3ce929d0e0e4736';
const traceparent = `00-${traceId}-00f067aa0ba902b7-01`;
const canary = 'CanaryQ7x';

interface Ports {
  readonly causes: (Trace | undefined)[];
}

const show = defineApiRoute({
  method: 'GET',
  path: '/moves/:number',
  about: 'show a move',
  input: z.strictObject({ path: z.strictObject({ number: z.string().meta({ description: 'which' }) }) }),
  answers: { 200: { about: 'the move' } },
  answer: async ({ causes }: Ports, { input: { path } }) => {
    await Promise.resolve();
    causes.push(currentCause()?.traceOf(), currentCause()?.traceOf('any key'));
    if (path.number === 'none') throw new TypeError('a mistake');
    return { status: 200, body: path.number };
  },
});

async function served(): Promise<AnApiServer & Ports> {
  const causes: Ports['causes'] = [];
  return { ...(await anApiServer([show], { causes })), causes };
}

describe('a request', () => {
  it('is worked on in the trace that it tells of, which its answer names', async () => {
    const { url, causes } = await served();
    const { headers } = await ask(`${url}/moves/7`, { headers: { traceparent, tracestate: 'a=b' } });
    expect(headers.get('traceparent')).toBe(traceparent);
    expect(headers.has('tracestate')).toBe(false);
    expect(causes).toEqual(Array(2).fill({ traceparent, tracestate: 'a=b' }));
    expect(currentCause()).toBeUndefined();
  });

  it.each([undefined, 'x'.repeat(8_000), `00-${'0'.repeat(32)}-00f067aa0ba902b7-01`, `${traceparent}, ${traceparent}`])(
    'begins a trace of its own where it tells of none',
    async (given) => {
      const { url, causes } = await served();
      const headers: Record<string, string> = given === undefined ? {} : { traceparent: given };
      const answers = [await ask(`${url}/moves/7`, { headers }), await ask(`${url}/moves/8`, { headers })];
      const traces = answers.map((answer) => answer.headers.get('traceparent') ?? '');
      expect(answers.map(({ status }) => status)).toEqual([200, 200]);
      for (const trace of traces) expect(trace).toMatch(/^00-[0-9a-f]{32}-[0-9a-f]{16}-02$/);
      expect(new Set(traces).size).toBe(2);
      expect(causes[0]).toEqual({ traceparent: traces[0] });
    },
  );

  it('is refused with its trace too, and what fails is told of under it', async () => {
    const { url, lines } = await served();
    const headers = { traceparent };
    const refusals = [await ask(`${url}/nowhere`, { headers }), await ask(`${url}/moves/7?x=1`, { headers })];
    const failed = await ask(`${url}/moves/none`, { headers });
    expect([...refusals, failed].map(({ status }) => status)).toEqual([404, 400, 500]);
    expect([...refusals, failed].map((answer) => answer.headers.get('traceparent'))).toEqual(Array(3).fill(traceparent));
    expect(lines).toEqual([['request failed', expect.objectContaining({ traceId, code: 'defect' })]]);
  });

  it('has a span with an SDK, which names its route and its status and no more', async () => {
    const spans = recordSpans();
    const { url, causes } = await served();
    const { headers } = await ask(`${url}/moves/${canary}?${canary}=1`, { headers: { traceparent, tracestate: `name=${canary}` } });
    await ask(`${url}/moves/${canary}`, { headers: { traceparent, tracestate: `name=${canary}` } });
    await until('both spans have ended', () => spans.length === 2);
    const of = { name: 'GET /moves/:number', kind: 'SERVER', traceId, parentId: '00f067aa0ba902b7', hasFailed: false };
    expect(spans).toMatchObject([
      { ...of, attributes: { 'http.request.method': 'GET', 'http.route': '/moves/:number', 'http.response.status_code': 400 } },
      { ...of, attributes: { 'http.response.status_code': 200 } },
    ]);
    expect(headers.get('traceparent')).toBe(`00-${traceId}-${spans[0]?.spanId}-01`);
    expect(causes[0]).toEqual({ traceparent: `00-${traceId}-${spans[1]?.spanId}-01`, tracestate: `name=${canary}` });
    expect(JSON.stringify(spans)).not.toContain(canary);
  });
});
