import { describe, expect, it } from 'vitest';
import { callKinds } from '../../../pipelines/remittance/bankCall.ts';
import type { RequestState } from '../../../pipelines/remittance/requestState.ts';
import { decideSettlement, type SettleableCall, type SettleableRequest } from '../../../pipelines/remittance/settlement.ts';

const request = (state: RequestState, isSuspended = false, isContradicted = false): SettleableRequest => {
  return { requestId: 7n, state, fromAccountId: 11n, toAccountId: 12n, amountMinor: 500n, isSuspended, isContradicted };
};

const call = (over: Partial<SettleableCall>): SettleableCall => {
  const reason = over.status === 'REFUSED' ? 'ACCOUNT_CLOSED' : null;
  return { callId: 70n, requestId: 7n, kind: 'MOVE_IN', status: 'DONE', reason, isBooked: false, ...over };
};

/** The transfers as `KIND debit>credit`. */
function transfersOf(settlement: ReturnType<typeof decideSettlement>): readonly string[] {
  if (!('transfers' in settlement)) return [];
  expect(settlement.transfers.every(({ requestId, amountMinor }) => requestId === 7n && amountMinor === 500n)).toBe(true);
  return settlement.transfers.map(({ kind, debitAccountId, creditAccountId }) => `${kind} ${debitAccountId}>${creditAccountId}`);
}

describe('the end of a call', () => {
  it.each([
    ['MOVE_IN', 'DONE', request('DEPOSIT_PENDING'), ['MOVED_IN 11>1'], ['DEPOSITED'], null],
    ['PAY_OUT', 'DONE', request('WITHDRAWN'), ['PAID_OUT 2>12'], ['COMPLETED'], null],
    ['PAY_OUT', 'REFUSED', request('WITHDRAWN'), ['REVERSED 2>1', 'SENT_BACK 1>2'], ['REVERSED', 'RETURNING'], 'ACCOUNT_CLOSED'],
    ['RETURN', 'DONE', request('RETURNING'), ['RETURNED 2>11'], ['RETURNED'], null],
    ['RETURN', 'DONE', request('RETURNING', true), ['RELEASED 3>11'], ['RETURNED'], null],
  ] as const)('%s %s is booked', (kind, status, of, transfers, states, failCode) => {
    const settlement = decideSettlement(of, call({ kind, status }));
    expect(settlement).toMatchObject({ kind: 'booked', states, failCode });
    expect(transfersOf(settlement)).toEqual(transfers);
  });

  it('RETURN REFUSED puts the money aside once, and a person has to look', () => {
    const first = decideSettlement(request('RETURNING'), call({ kind: 'RETURN', status: 'REFUSED' }));
    expect(first).toMatchObject({ kind: 'parked', code: 'RETURN_REFUSED', error: expect.stringContaining('ACCOUNT_CLOSED') as string });
    expect(transfersOf(first)).toEqual(['SUSPENDED 2>3']);
    const again = decideSettlement(request('RETURNING', true), call({ kind: 'RETURN', status: 'REFUSED' }));
    expect(again).toMatchObject({ kind: 'parked', transfers: [] });
  });

  const needed = { MOVE_IN: 'DEPOSIT_PENDING', PAY_OUT: 'WITHDRAWN', RETURN: 'RETURNING' } as const;
  const states = [
    ...(['REQUESTED', 'DEPOSIT_PENDING', 'DEPOSITED', 'WITHDRAWN', 'COMPLETED'] as const),
    ...(['FAILED', 'REVERSED', 'RETURNING', 'RETURNED'] as const),
  ];

  it.each(callKinds)('%s moves nothing in any other state, and a person learns of it', (kind) => {
    for (const status of ['DONE', 'REFUSED'] as const) {
      for (const state of states.filter((one) => one !== needed[kind])) {
        expect(decideSettlement(request(state), call({ kind, status }))).toMatchObject({ kind: 'failed', code: 'UNEXPECTED_STATE' });
      }
    }
  });

  it.each(callKinds)('%s is held while the bank says both of a call of the request', (kind) => {
    for (const status of ['DONE', 'REFUSED'] as const) {
      expect(decideSettlement(request(needed[kind], false, true), call({ kind, status }))).toEqual({ kind: 'held' });
    }
  });

  it.each(callKinds)('%s changes nothing once it is booked, or before it has ended', (kind) => {
    for (const state of states) {
      expect(decideSettlement(request(state), call({ kind, isBooked: true })).kind).toBe('unchanged');
      expect(decideSettlement(request(state), call({ kind, status: 'ASKED' })).kind).toBe('unchanged');
    }
  });
});
