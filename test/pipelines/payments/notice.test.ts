import { describe, expect, it } from 'vitest';
import { decideNoticesFor, type NewNotice } from '../../../pipelines/payments/notice.ts';
import { anEvent } from './aSale.ts';

const lowStock = [
  { productId: 1n, stock: 2n, threshold: 5n },
  { productId: 2n, stock: 0n, threshold: 0n },
];

function decided(hasChannel = { mail: true, chat: true }): readonly NewNotice[] {
  return decideNoticesFor(hasChannel)(anEvent({ lowStock })).notices;
}

describe('the notices of a payment', () => {
  it('are a confirmation, the sale, and one for each product that runs out', () => {
    const told = { paymentId: 100_001n, skipReason: undefined };
    expect(decided()).toEqual([
      { ...told, kind: 'CONFIRMATION', lowStock: undefined },
      { ...told, kind: 'SALE', lowStock: undefined },
      { ...told, kind: 'LOW_STOCK', lowStock: lowStock[0] },
      { ...told, kind: 'LOW_STOCK', lowStock: lowStock[1] },
    ]);
    expect(decideNoticesFor({ mail: true, chat: true })(anEvent()).notices.map(({ kind }) => kind)).toEqual(['CONFIRMATION', 'SALE']);
  });

  it('say why they are skipped where their channel is not set up', () => {
    const reasons = decided({ mail: true, chat: false }).map(({ skipReason }) => skipReason);
    expect(reasons).toEqual([undefined, 'no chat is set up', 'no chat is set up', 'no chat is set up']);
  });

  it('keep the event that they are made of', () => {
    expect(decideNoticesFor({ mail: true, chat: true })(anEvent()).event).toEqual(anEvent());
  });
});
