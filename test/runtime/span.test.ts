import { describe, expect, it } from 'vitest';
import { Receipt } from '../../src/runtime/receipt.ts';
import { Span } from '../../src/runtime/span.ts';
import { aRun } from '../support/aRun.ts';
import { collected } from '../support/collected.ts';

function aReceipt(span: Span, position: number): Receipt {
  const delivery = { key: 'k', headers: new Map(), partition: 'p', epoch: 1, position: String(position), attempt: 1, value: {} };
  return new Receipt(delivery, aRun(), span, position);
}

/** A span with `count` messages, of which `isSettled` tells the settled ones. */
function aSpan(count: number, isSettled: (position: number) => boolean): { readonly span: Span; readonly references: WeakRef<Receipt>[] } {
  const span = new Span('p', 1, 0);
  const references = Array.from({ length: count }, (_, position) => {
    const receipt = aReceipt(span, position);
    receipt.isSettled = isSettled(position);
    span.add(receipt);
    return new WeakRef(receipt);
  });
  return { span, references };
}

describe('Span', () => {
  it('rises over an unbroken row of settled messages only', () => {
    const { span } = aSpan(10, (position) => position !== 4);
    expect(span.rise(5)).toMatchObject({ partition: 'p', epoch: 1, position: '3', count: 4 });
    expect({ size: span.size, risenAtMs: span.risenAtMs }).toEqual({ size: 6, risenAtMs: 5 });
    expect(span.rise(6)).toBeUndefined();
    expect(span.risenAtMs).toBe(5);
  });

  it('gives back the room of each message once', () => {
    const { span } = aSpan(10, () => true);
    expect([span.discharge(4), span.discharge(Number.POSITIVE_INFINITY), span.discharge(1)]).toEqual([4, 6, 0]);
  });

  it('forgets what it has risen over', async () => {
    const { span, references } = aSpan(1_000, (position) => position < 900);
    span.rise(1);
    const gone = await collected(references.slice(0, 900));
    expect(gone.filter((isGone) => !isGone)).toEqual([]);
    expect(span.size).toBe(100);
  });
});
