import { formatWon, groupThousands, sum } from '../shared/money.ts';
import { oneLine } from '../shared/oneLine.ts';
import { seoulMinute } from '../shared/seoulTime.ts';
import type { LateContent, LateCrowd, LateRequest } from './late.ts';

/** What the chat is told of requests that take too long: numbers and codes, neither names nor accounts. */
export function lateText(content: LateContent): string {
  return content.kind === 'one' ? requestText(content.request) : crowdText(content.crowd);
}

function requestText(request: LateRequest): string {
  const { requestId, amountMinor, state, stateSince, requestedAt } = request;
  return [
    `송금 지연 ${formatWon(amountMinor)} 송금번호 ${requestId}`,
    `• 접수 ${timeText(requestedAt)}`,
    `• 상태 ${state}, ${timeText(stateSince)}부터`,
    ...reasonsOf(request).map((reason) => `• ${oneLine(reason)}`),
  ].join('\n');
}

function reasonsOf({ parkReason, failCode, failure, call }: LateRequest): readonly string[] {
  const reasons: string[] = [];
  if (parkReason !== undefined) reasons.push(`보류, 확인 필요: ${parkReason}`);
  if (failCode !== undefined) reasons.push(`은행 거절: ${failCode}`);
  if (failure !== undefined) {
    const { code, error, tries, nextTryAt } = failure;
    const next = nextTryAt === undefined ? '' : `, 다음 시도 ${timeText(nextTryAt)}`;
    reasons.push(`실패 ${tries}회 ${code}${next}: ${error}`);
  }
  if (call !== undefined) reasons.push(`은행 호출 ${call.kind} ${call.status}: 처리 중 답변 ${call.asks}회, 무응답 ${call.tries}회`);
  return reasons.length === 0 ? ['기록된 실패 없음'] : reasons;
}

function crowdText({ states, oldestAt }: LateCrowd): string {
  const count = states.reduce((total, each) => total + each.count, 0);
  const amount = formatWon(sum(states.map(({ amountMinor }) => amountMinor)));
  return [
    `송금 지연 ${countText(count)}, 합계 ${amount}`,
    `• 가장 오래된 접수 ${timeText(oldestAt)}`,
    ...states.map((each) => `• ${each.state} ${countText(each.count)}, ${formatWon(each.amountMinor)}`),
  ].join('\n');
}

function countText(count: number): string {
  return `${groupThousands(BigInt(count))}건`;
}

function timeText(at: Date): string {
  return seoulMinute(at).replace('T', ' ');
}
