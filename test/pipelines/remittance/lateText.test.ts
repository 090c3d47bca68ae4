import { describe, expect, it } from 'vitest';
import type { LateRequest } from '../../../pipelines/remittance/late.ts';
import { lateText } from '../../../pipelines/remittance/lateText.ts';

const at = (time: string): Date => new Date(`2026-11-02T${time}:00Z`);

const request: LateRequest = {
  requestId: 783261098765432101n,
  state: 'WITHDRAWN',
  stateSince: at('02:45'),
  requestedAt: at('02:44'),
  amountMinor: 12_000n,
  parkReason: undefined,
  failCode: undefined,
  failure: undefined,
  call: undefined,
};

const linesOf = (changes: Partial<LateRequest>): readonly string[] =>
  lateText({ kind: 'one', request: { ...request, ...changes } }).split('\n');

describe('what people are told of a late remittance', () => {
  it('is its number, its amount, its state and since when', () => {
    expect(linesOf({})).toEqual([
      '송금 지연 12,000원 송금번호 783261098765432101',
      '• 접수 2026-11-02 11:44',
      '• 상태 WITHDRAWN, 2026-11-02 11:45부터',
      '• 기록된 실패 없음',
    ]);
  });

  it.each<[string, Partial<LateRequest>, string]>([
    ['it is parked', { parkReason: 'INSUFFICIENT' }, '• 보류, 확인 필요: INSUFFICIENT'],
    ['it goes back', { failCode: 'ACCOUNT_CLOSED' }, '• 은행 거절: ACCOUNT_CLOSED'],
    [
      'it fails',
      { failure: { code: 'timedOut', error: 'The bank did\nnot answer.', tries: 3, nextTryAt: at('03:10') } },
      '• 실패 3회 timedOut, 다음 시도 2026-11-02 12:10: The bank did not answer.',
    ],
    ['it has failed', { failure: { code: 'X', error: 'y', tries: 6, nextTryAt: undefined } }, '• 실패 6회 X: y'],
    [
      'the bank has it',
      { call: { kind: 'PAY_OUT', status: 'ASKED', asks: 4, tries: 0 } },
      '• 은행 호출 PAY_OUT ASKED: 처리 중 답변 4회, 무응답 0회',
    ],
  ])('says why it stands: %s', (_why, changes, line) => {
    expect(linesOf(changes).slice(3)).toEqual([line]);
  });

  it('of many is how many, how much, and since when, by state', () => {
    const states = [
      { state: 'REQUESTED', count: 1_204, amountMinor: 5_000_000n },
      { state: 'WITHDRAWN', count: 2, amountMinor: 7_000n },
    ] as const;
    expect(lateText({ kind: 'crowd', crowd: { states, oldestAt: at('02:00') } }).split('\n')).toEqual([
      '송금 지연 1,206건, 합계 5,007,000원',
      '• 가장 오래된 접수 2026-11-02 11:00',
      '• REQUESTED 1,204건, 5,000,000원',
      '• WITHDRAWN 2건, 7,000원',
    ]);
  });
});
