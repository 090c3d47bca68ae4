import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { decideAdmission, type Admission, type StandingLink } from '../../../pipelines/accountLinks/admission.ts';
import type { LinkRequest } from '../../../pipelines/accountLinks/linkRequest.ts';

const request = (changes: Partial<LinkRequest> = {}): LinkRequest => ({
  ...{ requestId: 'one', accountId: 'acc-1', partner: 'ALPHA', accountNumber: '110234567890' },
  ...changes,
});
const again = (requestId = 'one'): LinkRequest => request({ requestId, accountNumber: undefined });
const link = (changes: Partial<StandingLink> = {}): StandingLink => ({
  ...{ requestId: 'one', accountNumber: '110234567890', status: 'REQUESTED', failCode: null, isParked: false },
  ...changes,
});
const active = link({ status: 'ACTIVE' });
const failed = link({ status: 'FAILED', failCode: 'ACCOUNT_CLOSED' });
const other = { requestId: 'two' };
const elsewhere = { accountNumber: '999888777666' };

describe('a request for a link that there is', () => {
  it.each<[string, LinkRequest, StandingLink, Admission]>([
    ['goes on while it is in force', request(), link(), { kind: 'goOn' }],
    ['goes on while it is registered', request(), link({ status: 'REGISTERING' }), { kind: 'goOn' }],
    ['is tried again by our own word', again(), link({ status: 'REGISTERING' }), { kind: 'goOn' }],
    ['waits for a person', request(), link({ isParked: true }), { kind: 'parked' }],
    [
      'under another id is a duplicate meanwhile',
      request(other),
      link(),
      { kind: 'nothingToDo', why: 'is being registered for another request' },
    ],
    ['has nothing to do once it is active', request(), active, { kind: 'nothingToDo', why: 'is active' }],
    ['under another id neither', request(other), active, { kind: 'nothingToDo', why: 'is active' }],
    ['by our own word neither', again(), active, { kind: 'nothingToDo', why: 'is active' }],
    [
      'by our own word, whose place another has taken, neither',
      again('two'),
      link(),
      { kind: 'nothingToDo', why: 'another request has taken its place' },
    ],
    [
      'for another number clashes with an active one',
      request({ ...other, ...elsewhere }),
      active,
      { kind: 'clash', code: 'LINKED_TO_ANOTHER' },
    ],
    [
      'for another number clashes with one under way',
      request({ ...other, ...elsewhere }),
      link(),
      { kind: 'clash', code: 'ANOTHER_UNDER_WAY' },
    ],
    [
      'for another number under the same id clashes too',
      request(elsewhere),
      link({ status: 'REGISTERING' }),
      { kind: 'clash', code: 'ANOTHER_UNDER_WAY' },
    ],
    ['is refused again once the bank has refused it', request(), failed, { kind: 'refused', code: 'ACCOUNT_CLOSED' }],
    ['by our own word is refused again', again(), failed, { kind: 'refused', code: 'ACCOUNT_CLOSED' }],
    ['takes the place of one that failed', request(other), failed, { kind: 'renew' }],
    ['takes it with another number', request({ ...other, ...elsewhere }), failed, { kind: 'renew' }],
  ])('%s', (_name, asked, standing, admission) => {
    expect(decideAdmission(asked, standing, undefined)).toEqual(admission);
  });

  it('that the bank has refused before is refused, however the link stands by now', () => {
    for (const standing of [link(), active, failed, link({ requestId: 'three', isParked: true })]) {
      expect(decideAdmission(request(), standing, 'UNKNOWN_ACCOUNT')).toEqual({ kind: 'refused', code: 'UNKNOWN_ACCOUNT' });
    }
  });

  it('never has the bank asked for another number than the row has, but in the place of one that failed', () => {
    const number = fc.constantFrom('110234567890', '999888777666');
    const id = fc.constantFrom('one', 'two');
    const asked = fc.record({ requestId: id, accountNumber: fc.option(number, { nil: undefined }) }).map(request);
    const standing = fc
      .record({
        requestId: id,
        accountNumber: number,
        status: fc.constantFrom('REQUESTED', 'REGISTERING', 'ACTIVE', 'FAILED'),
        isParked: fc.boolean(),
      })
      .map((changes) => link({ ...changes, failCode: changes.status === 'FAILED' ? 'CLOSED' : null }));
    fc.assert(
      fc.property(asked, standing, (one, before) => {
        const { kind } = decideAdmission(one, before, undefined);
        const isSame = one.accountNumber === undefined || one.accountNumber === before.accountNumber;
        if (kind === 'goOn') expect([isSame, one.requestId === before.requestId, before.isParked]).toEqual([true, true, false]);
        if (kind === 'renew') expect([before.status, one.requestId === before.requestId]).toEqual(['FAILED', false]);
        if (kind === 'clash') expect(isSame).toBe(false);
        if (kind === 'goOn' || kind === 'renew') expect(before.status).not.toBe('ACTIVE');
      }),
    );
  });
});
