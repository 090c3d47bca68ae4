import { concatMap, defer, of, timer, type Observable, type ObservableInput } from 'rxjs';
import { describe, expect, it } from 'vitest';
import { mapChunk } from '../../operators/mapChunk.ts';
import { mapEach } from '../../operators/mapEach.ts';
import { mergeMapEach } from '../../operators/mergeMapEach.ts';
import type { Outgoing } from '../../src/connectors/sink.ts';
import { WeirError } from '../../src/errors.ts';
import { currentCause } from '../../src/message/cause.ts';
import { dead } from '../../src/message/decision.ts';
import { anEffect } from '../support/effectOptions.ts';
import { recordSpans } from '../support/recordSpans.ts';
import { aTracedChain, aTracedMessage, canary, carried, traceIdOf, traceparentOf } from './aTracedChain.ts';

const chunk = { size: 10, maxWaitMs: 5 };
const ten = Array.from({ length: 10 }, (_, index) => aTracedMessage(index + 1));

const keysOf = (values: readonly Uint8Array[]): readonly string[] => values.map((value) => Buffer.from(value).toString());
const byKey = (messages: readonly Outgoing[]): ReadonlyMap<string, string | undefined> =>
  new Map(messages.map((message) => [message.key, carried(message)]));

describe('what a stage publishes', () => {
  it('stands in the trace of the message that its effect is for, whatever else is under way', async () => {
    const house = aTracedChain();
    const sink = house.bus.publish(house.to);
    const answer = async (value: Uint8Array): Promise<Uint8Array> => {
      await Promise.resolve();
      await sink.write([{ key: `answer to ${keysOf([value]).join()}`, value }]);
      return value;
    };
    await house.run(ten, (message$) => message$.pipe(mergeMapEach(answer, anEffect({ concurrency: 10 }))));
    expect(byKey(house.published())).toEqual(new Map(ten.map(({ key }, index) => [`answer to ${key}`, traceIdOf(index + 1)])));
  });

  it.each<[string, (write: () => Promise<Uint8Array>) => ObservableInput<Uint8Array>]>([
    ['an observable that begins when it is subscribed to', (write) => defer(write)],
    ['an observable that comes to it later', (write) => timer(1).pipe(concatMap(write))],
    [
      'a generator',
      async function* (write) {
        yield await write();
      },
    ],
  ])('stands in the trace of its message where its effect is %s', async (_what, effect) => {
    const house = aTracedChain();
    const sink = house.bus.publish(house.to);
    const answer = (value: Uint8Array): ObservableInput<Uint8Array> =>
      effect(() => sink.write([{ key: `answer to ${keysOf([value]).join()}`, value }]).then(() => value));
    await house.run(ten, (message$) => message$.pipe(mergeMapEach(answer, anEffect({ concurrency: 10 }))));
    expect(byKey(house.published())).toEqual(new Map(ten.map(({ key }, index) => [`answer to ${key}`, traceIdOf(index + 1)])));
  });

  it('stands in it at a second try too', async () => {
    const house = aTracedChain();
    const sink = house.bus.publish(house.to);
    const tried = new Set<string>();
    const answer = async (value: Uint8Array): Promise<Uint8Array> => {
      const key = keysOf([value]).join();
      if (tried.size < tried.add(key).size) throw new WeirError('unavailable', 'again');
      await sink.write([{ key, value }]);
      return value;
    };
    const retry = { maxRetries: 1, firstDelayMs: 1, maxDelayMs: 2 };
    await house.run(ten, (message$) => message$.pipe(mergeMapEach(answer, anEffect({ concurrency: 10, retry }))));
    expect(byKey(house.published())).toEqual(new Map(ten.map(({ key }, index) => [key, traceIdOf(index + 1)])));
  });

  it('stands, of a chunk, in the trace of the message with its key, unchanged and with what others noted', async () => {
    const house = aTracedChain();
    const sink = house.bus.publish(house.to);
    let calls = 0;
    const copy = async (values: readonly Uint8Array[]): Promise<readonly Uint8Array[]> => {
      calls += 1;
      await Promise.resolve();
      await sink.write(keysOf(values).map((key) => ({ key, value: Buffer.from('copy') })));
      return values;
    };
    await house.run(ten, (message$) => message$.pipe(mapChunk(copy, chunk)));
    expect(calls).toBe(1);
    expect(house.published().map(({ headers }) => headers)).toEqual(
      ten.map(
        (_, index) =>
          new Map([
            ['traceparent', traceparentOf(index + 1)],
            ['tracestate', `name=${canary}`],
          ]),
      ),
    );
  });

  it('begins a trace where a chunk cannot tell from which message it follows', async () => {
    const house = aTracedChain();
    const sink = house.bus.publish(house.to);
    const sum = async (values: readonly Uint8Array[]): Promise<readonly Uint8Array[]> => {
      await sink.write([{ key: 'sum', value: Buffer.from(String(values.length)) }]);
      return values;
    };
    await house.run(ten, (message$) => message$.pipe(mapChunk(sum, chunk)));
    const [traceId = ''] = house.published().map(carried);
    expect(traceId).toMatch(/^[0-9a-f]{32}$/);
    expect(ten.map((_, index) => traceIdOf(index + 1))).not.toContain(traceId);
  });

  it('stands in the trace of the one that is left, where a chunk is halved', async () => {
    const house = aTracedChain();
    const sink = house.bus.publish(house.to);
    const picky = async (values: readonly Uint8Array[]): Promise<readonly Uint8Array[]> => {
      if (values.length > 1) throw new WeirError('constraint', 'one at a time');
      await sink.write([{ key: 'alone', value: values[0] ?? Buffer.from('') }]);
      return values;
    };
    await house.run(ten, (message$) => message$.pipe(mapChunk(picky, chunk)));
    expect(house.published().map(carried)).toEqual(ten.map((_, index) => traceIdOf(index + 1)));
  });

  it('keeps the trace that it tells of, and begins one for each message that nothing causes', async () => {
    const house = aTracedChain();
    const plain = { key: 'k', value: Buffer.from('x') };
    await house.bus.publish(house.to).write([aTracedMessage(7), plain, plain, { ...plain, headers: new Map([['version', '2']]) }]);
    const [own, ...begun] = house.published();
    expect(own).toEqual(aTracedMessage(7));
    expect(new Set(begun.map(carried)).size).toBe(3);
    expect(begun[2]?.headers?.get('version')).toBe('2');
    expect(begun[0]?.headers?.get('traceparent')).toMatch(/^00-[0-9a-f]{32}-[0-9a-f]{16}-02$/);
  });

  it('has no trace begun for it where it is a replay', async () => {
    const house = aTracedChain();
    const letter = { key: 'k', value: Buffer.from('x'), headers: new Map([['version', '2']]) };
    await house.bus.publish(house.to, { isReplay: true }).write([letter]);
    expect(house.published()).toEqual([letter]);
  });
});

describe('a cause', () => {
  it('does not outlive its call in what comes after it', async () => {
    const house = aTracedChain();
    const causes: unknown[] = [];
    const first = (value: Uint8Array): Promise<Uint8Array> => Promise.resolve(value);
    const second = (value: Uint8Array): Observable<Uint8Array> => defer(() => first(value));
    const third = (values: readonly Uint8Array[]): Observable<readonly Uint8Array[]> => of(values);
    const look = (value: Uint8Array): Uint8Array => {
      causes.push(currentCause());
      return value;
    };
    await house.run(ten, (message$) => message$.pipe(mergeMapEach(first, anEffect()), mapEach(look)));
    await house.run(ten, (message$) => message$.pipe(mergeMapEach(second, anEffect()), mapEach(look)));
    await house.run(ten, (message$) => message$.pipe(mapChunk(third, chunk), mapEach(look)));
    expect(causes).toEqual([...ten, ...ten, ...ten].map(() => undefined));
    expect(currentCause()).toBeUndefined();
  });

  it('holds nothing of a chunk once its call has ended', async () => {
    const house = aTracedChain();
    let cause: ReturnType<typeof currentCause>;
    const during: unknown[] = [];
    const [{ key } = { key: '' }] = ten;
    const keep = async (values: readonly Uint8Array[]): Promise<readonly Uint8Array[]> => {
      cause = currentCause();
      await Promise.resolve();
      during.push(cause?.traceOf(key)?.traceparent, cause?.traceOf('nobody'), cause?.traceOf());
      return values;
    };
    await house.run(ten, (message$) => message$.pipe(mapChunk(keep, chunk)));
    expect(during).toEqual([traceparentOf(1), undefined, undefined]);
    expect(cause?.traceOf(key)).toBeUndefined();
    const keepLater = (values: readonly Uint8Array[]): Observable<readonly Uint8Array[]> => defer(() => keep(values));
    await house.run(ten, (message$) => message$.pipe(mapChunk(keepLater, chunk)));
    expect(during.slice(3)).toEqual([traceparentOf(1), undefined, undefined]);
    expect(cause?.traceOf(key)).toBeUndefined();
  });
});

describe('a header of a stranger', () => {
  const bombs = ['x'.repeat(10_000), `cc-${'1'.repeat(32)}-${'2'.repeat(16)}-01-${'x'.repeat(10_000)}`, '', '00-0-0-0', '\u0000\r\n', '💣'];

  it('does no harm: the message is worked on, and what follows from it bears a small one', async () => {
    const house = aTracedChain();
    const sink = house.bus.publish(house.to);
    const answer = async (value: Uint8Array): Promise<Uint8Array> => {
      await sink.write([{ key: 'k', value }]);
      return value;
    };
    const spans = recordSpans();
    const messages = bombs.map((traceparent, index) =>
      aTracedMessage(index, { headers: new Map(Object.entries({ traceparent, tracestate: 'y'.repeat(10_000) })) }),
    );
    await house.run(messages, (message$) => message$.pipe(mergeMapEach(answer, anEffect())));
    const published = house.published();
    expect(published).toHaveLength(bombs.length);
    for (const { headers } of published) {
      expect([...(headers ?? [])]).toEqual([['traceparent', expect.stringMatching(/^00-[0-9a-f]{32}-[0-9a-f]{16}-0[0-3]$/) as string]]);
    }
    expect(JSON.stringify(spans).length).toBeLessThan(20_000);
  });
});

describe('a dead letter', () => {
  it('keeps the trace of its message, and the log names it', async () => {
    const house = aTracedChain();
    const refuse = mapEach(function refuse() {
      return dead(new WeirError('refused', 'no'));
    });
    await house.run([aTracedMessage(9), aTracedMessage(1, { headers: new Map() })], (message$) => message$.pipe(refuse));
    expect(house.putAside()).toEqual([aTracedMessage(9).headers, new Map()]);
    const [ninth, bare] = house.lines.filter(({ code }) => code === 'refused');
    expect(ninth?.traceId).toBe(traceIdOf(9));
    expect(bare).not.toHaveProperty('traceId');
    expect(house.lines.find(({ outcome, position }) => outcome === 'dead' && position === ninth?.position)?.traceId).toBe(traceIdOf(9));
  });
});
