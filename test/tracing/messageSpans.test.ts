import { context, trace } from '@opentelemetry/api';
import { concatMap, NEVER, of, timer, type Observable } from 'rxjs';
import { describe, expect, it } from 'vitest';
import { mapChunk } from '../../operators/mapChunk.ts';
import { mapEach } from '../../operators/mapEach.ts';
import { mergeMapEach } from '../../operators/mergeMapEach.ts';
import { WeirError } from '../../src/errors.ts';
import { dead, skip } from '../../src/message/decision.ts';
import { messageSpans } from '../../src/tracing/messageSpans.ts';
import { anEffect } from '../support/effectOptions.ts';
import { recordSpans } from '../support/recordSpans.ts';
import { aTracedChain, aTracedMessage, canary, carried, parentId, traceIdOf } from './aTracedChain.ts';

const three = [1, 2, 3].map((number) => aTracedMessage(number));
const isNumber = (value: Uint8Array, number: number): boolean => Buffer.from(value).toString().endsWith(` ${number}`);

describe('the spans of messages', () => {
  it('are none without an SDK', () => {
    expect(messageSpans('test.traced')).toBeUndefined();
  });

  it('go from arrival until settled, each in the trace of its message, with its outcome', async () => {
    const spans = recordSpans();
    const house = aTracedChain();
    const decide = mapEach(function judge(value: Uint8Array) {
      if (isNumber(value, 2)) return skip('not ours');
      return isNumber(value, 3) ? dead(new WeirError('refused', `no ${canary}`)) : value;
    });
    await house.run(three, (message$) => message$.pipe(decide));
    const common = {
      'weir.pipeline': 'test.traced',
      'weir.attempt': 1,
      'messaging.operation.type': 'process',
      'messaging.destination.name': house.from.name,
      'messaging.destination.partition.id': `${house.from.name}/0`,
    };
    const of = { name: 'test.traced process', kind: 'CONSUMER', parentId, links: [], hasFailed: false };
    expect(spans.toSorted((one, other) => one.traceId.localeCompare(other.traceId))).toMatchObject([
      { ...of, traceId: traceIdOf(1), attributes: { ...common, 'weir.outcome': 'done' } },
      { ...of, traceId: traceIdOf(2), attributes: { ...common, 'weir.outcome': 'skipped' } },
      {
        ...{ ...of, hasFailed: true, traceId: traceIdOf(3) },
        attributes: { ...common, 'weir.outcome': 'dead', 'weir.code': 'refused', 'weir.stage': 'judge' },
      },
    ]);
  });

  it('have those of effects below them, which are active while they run, and what is published follows', async () => {
    const spans = recordSpans();
    const house = aTracedChain();
    const sink = house.bus.publish(house.to);
    const active: unknown[] = [];
    const send = async (value: Uint8Array): Promise<Uint8Array> => {
      await Promise.resolve();
      active.push(trace.getSpan(context.active())?.spanContext().spanId);
      await sink.write([{ key: 'k', value }]);
      return value;
    };
    await house.run([aTracedMessage(5)], (message$) => message$.pipe(mergeMapEach(send, anEffect())));
    const [effect, message] = spans;
    expect(effect).toMatchObject({ name: 'send', kind: 'INTERNAL', traceId: traceIdOf(5), parentId: message?.spanId });
    expect(effect?.attributes).toEqual({ 'weir.pipeline': 'test.traced', 'weir.stage': 'send', 'weir.count': 1 });
    expect(active).toEqual([effect?.spanId]);
    const [published] = house.published();
    expect(published?.headers?.get('traceparent')).toBe(`00-${traceIdOf(5)}-${message?.spanId}-01`);
  });

  it('have that of an effect that is an observable, active from its subscription to its teardown', async () => {
    const spans = recordSpans();
    const house = aTracedChain();
    const active: unknown[] = [];
    const look = (): void => void active.push(trace.getSpan(context.active())?.spanContext().spanId);
    const send = (value: Uint8Array): Observable<Uint8Array> =>
      timer(1).pipe(
        concatMap(() => {
          look();
          if (isNumber(value, 2)) throw new WeirError('refused', `no ${canary}`);
          return isNumber(value, 3) ? NEVER : of(value);
        }),
      );
    const seen = <T>(value: T): T => {
      look();
      return value;
    };
    await house.run(three, (message$) =>
      message$.pipe(mergeMapEach(send, anEffect({ concurrency: 1, unknown: () => skip('nobody knows') })), mapEach(seen)),
    );
    const effects = spans.filter(({ name }) => name === 'send');
    expect(effects.map(({ hasFailed, attributes }) => [hasFailed, attributes['weir.code']])).toEqual([
      [false, undefined],
      [true, 'refused'],
      [false, undefined],
    ]);
    expect(active).toEqual([effects[0]?.spanId, undefined, effects[1]?.spanId, effects[2]?.spanId]);
  });

  it('are linked to by the span of their chunk, and what is published follows from its own', async () => {
    const spans = recordSpans();
    const house = aTracedChain();
    const sink = house.bus.publish(house.to);
    const store = async (values: readonly Uint8Array[]): Promise<readonly Uint8Array[]> => {
      await sink.write(values.map((value) => ({ key: Buffer.from(value).toString(), value })));
      return values;
    };
    await house.run(three, (message$) => message$.pipe(mapChunk(store, { size: 3, maxWaitMs: 5 })));
    const ids = [1, 2, 3].map(traceIdOf);
    expect(spans.find(({ name }) => name === 'store')).toMatchObject({ parentId: '', links: ids, attributes: { 'weir.count': 3 } });
    expect(house.published().map(carried)).toEqual(ids);
  });

  it('tell of an effect that fails by its code, and hold no personal data: neither keys, values, headers nor sentences', async () => {
    const spans = recordSpans();
    const house = aTracedChain();
    const fail = (): Promise<Uint8Array> => Promise.reject(new WeirError('refused', `nobody has the mailbox ${canary}`));
    const failAll = (): Promise<readonly Uint8Array[]> => Promise.reject(new WeirError('constraint', `${canary} is there twice`));
    const stranger = aTracedMessage(4, {
      headers: new Map([
        ['traceparent', canary],
        ['x-name', canary],
      ]),
    });
    await house.run([...three.slice(0, 1), stranger], (message$) => message$.pipe(mergeMapEach(fail, anEffect())));
    await house.run(three.slice(1), (message$) => message$.pipe(mapChunk(failAll, { size: 2, maxWaitMs: 5 })));
    expect(spans.filter(({ attributes }) => attributes['weir.stage'] === 'fail' && attributes['weir.code'] === 'refused')).toHaveLength(4);
    expect(spans.filter(({ attributes }) => attributes['weir.code'] === 'constraint').length).toBeGreaterThan(3);
    expect(spans.filter(({ attributes }) => attributes['weir.outcome'] === 'dead')).toHaveLength(4);
    expect(JSON.stringify(spans)).not.toContain(canary);
  });

  it('end as released with a run that is cut', () => {
    const spans = recordSpans();
    const made = messageSpans('test.traced');
    const envelope = { key: canary, headers: new Map(), partition: 'p/0', epoch: 1, position: '1', attempt: 2, original: Buffer.from('') };
    made?.begin(envelope as unknown as Parameters<typeof made.begin>[0]);
    made?.endAll();
    made?.endAll();
    expect(spans.map(({ attributes }) => attributes['weir.outcome'])).toEqual(['released']);
  });
});
