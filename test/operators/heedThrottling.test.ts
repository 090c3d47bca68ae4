import { from, lastValueFrom, of, throwError, type ObservableInput } from 'rxjs';
import { describe, expect, it } from 'vitest';
import { heedThrottling } from '../../operators/heedThrottling.ts';
import { rateLimit, type RateLimit } from '../../operators/rateLimit.ts';
import { WeirError } from '../../src/errors.ts';

const signal = new AbortController().signal;

function aRate(): RateLimit<string> {
  return rateLimit<string>({ perSecond: 100, burst: 1, leastPerSecond: 1, keyOf: (value) => value });
}

function heeding(send: (value: string) => ObservableInput<string>, rate: RateLimit<string>): (value: string) => Promise<unknown> {
  const effect = heedThrottling(send, { rate, pauseMs: () => 60_000 });
  return (value) => lastValueFrom(from(effect(value, signal)), { defaultValue: undefined }).catch((error: unknown) => error);
}

/** How long the next message of a key that has just started one would wait. */
function intervalMs(rate: RateLimit<string>): number {
  rate.reserve('a', 0, Infinity);
  return rate.reserve('a', 0, 0);
}

describe('heedThrottling', () => {
  it('slows the key of a message down that the other side would not take now, and tells how long to leave it alone', async () => {
    const rate = aRate();
    const throttled = new WeirError('throttled', 'it answered 451');
    const error = await heeding(() => throwError(() => throttled), rate)('a');
    expect(error).toMatchObject({
      code: 'throttled',
      kind: 'transient',
      message: 'it answered 451',
      retryAfterMs: 60_000,
      cause: throttled,
    });
    expect(intervalMs(rate)).toBeCloseTo(12.5);
  });

  it('lets the rate grow back with what is answered', async () => {
    const rate = aRate();
    rate.slowDown('a');
    expect(await heeding(() => of('sent'), rate)('a')).toBe('sent');
    expect(intervalMs(rate)).toBeCloseTo(12.5 / 1.05);
  });

  it('leaves other errors as they are', async () => {
    const rate = aRate();
    const refused = new WeirError('refused', '550');
    expect(await heeding(() => throwError(() => refused), rate)('a')).toBe(refused);
    expect(intervalMs(rate)).toBe(10);
  });

  it('has the name of the effect, which names the stage', () => {
    function send(): ObservableInput<string> {
      return of('');
    }
    expect(heedThrottling(send, { rate: aRate(), pauseMs: () => 0 }).name).toBe('send');
  });
});
