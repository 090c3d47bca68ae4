import type { Queryable } from '../../src/connectors/database.ts';
import type { OutboxMessage } from '../../src/runtime/outbox/outbox.ts';
import type { FailingStep, Failure, FailureStore } from './failureStore.ts';
import type { TryOptions } from './nextTry.ts';
import { endedCallMessage } from './remittanceMessages.ts';
import type { SettleableCall, Settlement } from './settlement.ts';

/** A call, and what became of it. */
export interface SettledCall {
  readonly call: SettleableCall;
  readonly settlement: Settlement;
}

/** Writes the failures of settled calls, and ends those of the calls that are booked. Answers the messages of what is tried again soon. */
export async function writeSettleFailures(
  transaction: Queryable,
  failures: FailureStore,
  settled: readonly SettledCall[],
  options: TryOptions,
): Promise<readonly OutboxMessage[]> {
  const soon: OutboxMessage[] = [];
  for (const step of ['deposit', 'call'] as const) {
    const ofStep = settled.filter(({ call }) => stepOf(call) === step);
    const failed = ofStep.filter(({ settlement }) => settlement.kind === 'failed');
    const nexts = await failures.fail(transaction, step, failed.flatMap(failureOf), options);
    soon.push(
      ...failed.flatMap(({ call }, place) => {
        const next = nexts[place];
        return next?.kind === 'soon' ? [endedCallMessage(call, next.at)] : [];
      }),
    );
    const parked = ofStep.filter(({ settlement }) => settlement.kind === 'parked').flatMap(failureOf);
    await failures.write(
      transaction,
      step,
      parked.map((failure) => ({ ...failure, tries: 1, next: { kind: 'parked' } })),
    );
    const booked = ofStep.filter(({ settlement }) => settlement.kind === 'booked');
    await failures.end(
      transaction,
      step,
      booked.map(({ call }) => subjectOf(call)),
    );
  }
  return soon;
}

/** Moving money in fails as transaction 1 does, with a table of its own; everything else as its call. */
function stepOf({ kind }: SettleableCall): FailingStep {
  return kind === 'MOVE_IN' ? 'deposit' : 'call';
}

function subjectOf(call: SettleableCall): bigint {
  return stepOf(call) === 'call' ? call.callId : call.requestId;
}

function failureOf({ call, settlement }: SettledCall): readonly Failure[] {
  if (!('error' in settlement)) return [];
  const { code, error } = settlement;
  return [{ id: subjectOf(call), requestId: call.requestId, code, error }];
}
