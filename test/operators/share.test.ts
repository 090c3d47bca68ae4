import { NEVER, Observable, of, throwError } from 'rxjs';
import { describe, expect, it } from 'vitest';
import { mergeMapEach } from '../../operators/mergeMapEach.ts';
import { WeirError } from '../../src/errors.ts';
import { isOpen, type Message } from '../../src/message/message.ts';
import { runChain } from '../../src/runtime/runChain.ts';
import { virtualClock, type VirtualClock } from '../../src/runtime/virtualClock.ts';
import { aSpec } from '../support/aSpec.ts';
import { anEffect } from '../support/effectOptions.ts';
import { inVirtualTime } from '../support/marbles.ts';
import { scriptedSource } from '../support/scriptedSource.ts';

type Behaviour = 'healthy' | 'throttled' | 'hanging';

interface Mail {
  readonly value: number;
  readonly destination: string;
}

/** What became of mails after a minute: one in five goes to a destination that behaves in its own way. */
async function minuteOf(
  behaviour: Behaviour,
  share: boolean,
): Promise<{ readonly others: number; readonly putOff: number; readonly sent: number }> {
  const clock = virtualClock(new Date(0));
  const sent = { others: 0, odd: 0 };
  let putOff = 0;
  const send = ({ destination }: Mail): Observable<Mail> => {
    if (destination === 'odd' && behaviour === 'throttled') return throwError(() => new WeirError('throttled', '421 slow down'));
    if (destination === 'odd' && behaviour === 'hanging') return new Observable();
    return after(clock, 20, () => (sent[destination === 'odd' ? 'odd' : 'others'] += 1));
  };
  const run = runChain(
    aSpec({
      source: scriptedSource(),
      clock,
      limits: { window: 200, maxSpan: 100_000 },
      chain: (message$: Observable<Message<number>>) =>
        message$.pipe(
          asMails,
          mergeMapEach(send, {
            concurrency: 10,
            timeLimitMs: 30_000,
            holdMs: 1_000,
            retry: { maxRetries: 2, firstDelayMs: 100, maxDelayMs: 1_000 },
            later: () => void (putOff += 1),
            unknown: () => undefined,
            ...(share ? { share: { keyOf: ({ destination }: Mail) => destination, concurrency: 5 } } : {}),
          }),
        ),
    }),
  );
  for (let second = 0; second < 60; second += 1) await clock.advance(1_000);
  run.cut();
  await run.ended;
  return { others: sent.others, putOff, sent: sent.others + sent.odd };
}

function asMails(source: Observable<Message<number>>): Observable<Message<Mail>> {
  return new Observable((subscriber) =>
    source.subscribe({
      next: (message) => {
        const value = isOpen(message) ? message.value : 0;
        const mail = { value, destination: value % 5 === 0 ? 'odd' : `d${value % 5}` };
        subscriber.next(isOpen(message) ? { ...message, value: mail } : message);
      },
      error: (error: unknown) => subscriber.error(error),
      complete: () => subscriber.complete(),
    }),
  );
}

function after(clock: VirtualClock, delayMs: number, work: () => void): Observable<Mail> {
  return new Observable((subscriber) =>
    clock.after(delayMs, () => {
      work();
      subscriber.next({ value: 0, destination: '' });
      subscriber.complete();
    }),
  );
}

describe('share', () => {
  it('leaves the others at least half of their rate when a destination hangs or pushes back, where they would stand without it', async () => {
    const healthy = await minuteOf('healthy', true);
    const [hanging, alone] = [await minuteOf('hanging', true), await minuteOf('hanging', false)];
    const throttled = await minuteOf('throttled', true);
    expect(hanging.others).toBeGreaterThan(healthy.others / 2 - 200);
    expect(throttled.others).toBeGreaterThan(healthy.others / 2 - 200);
    expect(alone.others).toBeLessThan(healthy.others / 10);
  }, 60_000);

  it('puts nothing off for a destination that moves, however much waits for it', async () => {
    const { putOff, sent } = await minuteOf('healthy', true);
    expect({ putOff, isBusy: sent > 20_000 }).toEqual({ putOff: 0, isBusy: true });
  }, 60_000);

  it('puts a message that it held too long off by the time limit of the call that holds its share', () => {
    const later = (letter: string, until: Date): string => `${letter} ${until.getTime()}`;
    const options = anEffect({ timeLimitMs: 100, holdMs: 50, later, share: { keyOf: () => 'one', concurrency: 1 } });
    const hanging = (letter: string): Observable<string> => (letter === 'b' ? of(letter) : NEVER);
    inVirtualTime(({ expectObservable, message$, drawn }) => {
      const result$ = drawn(message$('(ab)').pipe(mergeMapEach(hanging, options)));
      expectObservable(result$, '60ms !').toBe('50ms l', { l: 'b 150' });
    });
  });

  it('is refused without the verdict for what waits too long', () => {
    const send = (value: number): Observable<number> => of(value);
    const options = { concurrency: 2, timeLimitMs: 1, holdMs: 1, retry: { maxRetries: 0, firstDelayMs: 1, maxDelayMs: 1 } };
    expect(() => mergeMapEach(send, { ...options, unknown: 'retry', share: { keyOf: String, concurrency: 1 } })).toThrow(
      /share needs `later`/,
    );
  });
});
