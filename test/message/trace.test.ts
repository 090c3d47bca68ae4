import { describe, expect, it } from 'vitest';
import { traceIdField, traceOf, withTrace } from '../../src/message/trace.ts';

const traceparent = '00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01';

describe('the trace of a message', () => {
  it('is handed on with what others noted about it', () => {
    const headers = new Map([
      ['traceparent', traceparent],
      ['tracestate', 'congo=t61rcWkgMzE,rojo=00f067'],
    ]);
    expect([...withTrace(new Map([['version', '2']]), traceOf(headers) ?? { traceparent: '' })]).toEqual([['version', '2'], ...headers]);
  });

  it.each<readonly [string, string]>([
    ['too long', 'a'.repeat(513)],
    ['a bomb', 'a=b,'.repeat(2_500)],
    ['no plain text', 'name=김하늘'],
    ['a line of its own', 'a=b\r\nset-cookie: c=d'],
    ['nothing', ''],
  ])('leaves out notes that are %s', (_, tracestate) => {
    const headers = new Map(Object.entries({ traceparent, tracestate }));
    expect(traceOf(headers)).toEqual({ traceparent });
  });

  it('is none without a traceparent, whatever else there is', () => {
    expect(traceOf(new Map([['tracestate', 'a=b']]))).toBeUndefined();
    expect(traceIdField(undefined)).toEqual({});
  });

  it('is written again by 55 characters, however long it came', () => {
    const bomb = new Map([['traceparent', `cc${traceparent.slice(2)}-${'x'.repeat(10_000)}`]]);
    expect(traceOf(bomb)).toEqual({ traceparent });
    expect(traceIdField(traceOf(bomb))).toEqual({ traceId: '4bf92f3577b34da6a3ce929d0e0e4736' });
  });

  it('takes the place of notes about another', () => {
    const headers = new Map([['tracestate', 'other=1']]);
    expect(withTrace(headers, { traceparent })).toEqual(new Map([['traceparent', traceparent]]));
    expect(headers).toEqual(new Map([['tracestate', 'other=1']]));
  });
});
