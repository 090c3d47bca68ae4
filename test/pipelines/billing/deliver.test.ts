import { concat, from, lastValueFrom, Observable, tap } from 'rxjs';
import { describe, expect, it } from 'vitest';
import { deliver, type DeliverPorts } from '../../../pipelines/billing/deliver.pipeline.ts';
import { sent, type SendableBill, type SendVerdict } from '../../../pipelines/billing/delivery.ts';
import { deliverOptions } from '../../../pipelines/billing/deliverOptions.ts';
import { encodeDispatchedBill, type DispatchedBill } from '../../../pipelines/billing/dispatchedBill.ts';
import { WeirError } from '../../../src/errors.ts';
import { dead, defer, skip } from '../../../src/message/decision.ts';
import type { Message } from '../../../src/message/message.ts';
import { virtualClock, type VirtualClock } from '../../../src/runtime/virtualClock.ts';
import { anOpen, aRun, type FakeRun } from '../../support/aRun.ts';
import { openGate } from '../../support/openGate.ts';
import { aDispatchedBill } from './support/aDispatchedBill.ts';

const night = { start: '22:00', end: '08:00', zone: 'Asia/Seoul' };
const options = deliverOptions.parse({
  send: { holdMs: 20, timeLimitMs: 1_000, retry: { maxRetries: 1, firstDelayMs: 1, maxDelayMs: 1 } },
});

interface Town {
  readonly ports: DeliverPorts;
  /** Stands but while a chain waits. */
  readonly clock: VirtualClock;
  /** By bill id: what became of it. */
  readonly rows: Map<bigint, string>;
  readonly mailed: bigint[];
  readonly claimed: bigint[];
  /** Until when bills were put off that had been claimed. */
  readonly later: Date[];
  /** Bills claimed and not recorded, at most. */
  mostClaimed: number;
}

type Reply = (bill: DispatchedBill, clock: VirtualClock) => Promise<string> | string;

/** Bills in memory, and a mail server that answers as `reply` says. */
function aTown(reply: Reply = () => '250 ok', rows = new Map<bigint, string>()): Town {
  const clock = virtualClock(new Date(0));
  const town: Town = {
    clock,
    rows,
    mailed: [],
    claimed: [],
    later: [],
    mostClaimed: 0,
    ports: {
      bus: {
        subscribe: () => {
          throw new Error('the source is not asked');
        },
      },
      mail: {
        gate: openGate(),
        send: async (send: SendableBill) => {
          const response = await reply(send.bill, clock);
          town.mailed.push(send.bill.billId);
          return sent(send, response);
        },
      },
      bills: {
        claim: (values) => {
          const answers = values.map((value) => {
            const { billId } = value.bill;
            const state = rows.get(billId) ?? 'SEND_PENDING';
            if (state === 'COMPLETED') return skip('already completed');
            if (state !== 'SEND_PENDING') return state === 'FAILED' ? dead(new WeirError('refused', 'refused before')) : defer(state);
            rows.set(billId, 'SENDING');
            town.claimed.push(billId);
            return {
              ...value,
              claimed: {
                token: billId,
                attempt: 1,
                details: { discounts: [], totalDiscount: 0, finalAmount: 1 },
                lines: [],
                encryptedName: 'n',
                encryptedEmail: 'e',
              },
            };
          });
          town.mostClaimed = Math.max(town.mostClaimed, [...rows.values()].filter((state) => state === 'SENDING').length);
          return Promise.resolve(answers);
        },
        record: (verdicts) =>
          Promise.resolve(
            verdicts.map((verdict: SendVerdict) => {
              const { billId } = verdict.bill;
              const states = { sent: 'COMPLETED', refused: 'FAILED', quiet: 'IN_QUIET_HOUR', later: 'LATER', unknown: 'PARKED' };
              rows.set(billId, states[verdict.kind]);
              if (verdict.kind === 'later' && verdict.token !== undefined) town.later.push(verdict.until);
              if (verdict.kind === 'sent') return verdict;
              return verdict.kind === 'refused' ? dead(verdict.error) : defer(states[verdict.kind]);
            }),
          ),
      },
    },
  };
  return town;
}

interface Delivered {
  readonly run: FakeRun;
  /** By position: how each message ended; every one ends exactly once. */
  readonly ends: readonly string[];
}

interface DeliveryPlan {
  readonly startsAt?: string;
  /** After so many messages the others come a second later; absent: all come at once. */
  readonly pauseAfter?: number;
}

/** Moves the clock from timer to timer; rejects when none is left, so that a chain that waits for nothing fails, and does not hang. */
async function timePasses(clock: VirtualClock): Promise<never> {
  while (await clock.step());
  throw new Error('the chain waits for something that will not come');
}

/** Sends messages through the chain at noon of 15 November in Seoul. Fails when one is lost or ends twice. */
async function delivered(
  town: Town,
  messages: readonly (DispatchedBill | string)[],
  { startsAt = '2026-11-15T03:00:00Z', pauseAfter }: DeliveryPlan = {},
): Promise<Delivered> {
  const { clock } = town;
  clock.setNow(new Date(startsAt));
  const run: FakeRun = { ...aRun(), clock };
  const source = messages.map((message, index) =>
    anOpen<Uint8Array>(typeof message === 'string' ? Buffer.from(message) : encodeDispatchedBill(message), {
      position: String(index),
      run,
    }),
  );
  const second = new Observable<never>((subscriber) => clock.after(1_000, () => subscriber.complete()));
  const message$ =
    pauseAfter === undefined ? from(source) : concat(from(source.slice(0, pauseAfter)), second, from(source.slice(pauseAfter)));
  const left: Message<unknown>[] = [];
  const ended = lastValueFrom(deliver.chain(message$, town.ports, options).pipe(tap((message) => left.push(message))), {
    defaultValue: undefined,
  });
  await Promise.race([ended, timePasses(clock)]);
  const byPosition = new Map(left.map((message: Message<unknown>) => [message.envelope.position, message.outcome ?? 'done']));
  expect(left).toHaveLength(messages.length);
  expect(byPosition.size).toBe(messages.length);
  expect(run.deadLetters).toHaveLength([...byPosition.values()].filter((outcome) => outcome === 'dead').length);
  return { run, ends: messages.map((_, index) => byPosition.get(String(index)) ?? 'lost') };
}

const bill = (id: number, changes: Partial<DispatchedBill> = {}): DispatchedBill => aDispatchedBill({ billId: BigInt(id), ...changes });

describe('billing.deliver', () => {
  it('names its stages after their functions', () => {
    expect(deliver.stages).toEqual(['decode', 'decideDelivery', 'send', 'record']);
  });

  it('mails a bill, puts one in quiet hours off, fails one that is refused, parks one that is unknown, and puts aside what it cannot read', async () => {
    const town = aTown(({ billId }) => {
      if (billId === 3n) throw new WeirError('refused', '550 no such user');
      if (billId === 4n) throw new WeirError('outcomeUnknown', 'lost after the final dot');
      if (billId === 5n) throw new WeirError('throttled', '451 later');
      return '250 ok';
    });
    const messages = [bill(1), bill(2, { quietHours: night }), bill(3), bill(4), bill(5), 'not a bill'];
    const { run, ends } = await delivered(town, messages, { startsAt: '2026-11-15T14:00:00Z' });
    expect(ends).toEqual(['done', 'deferred', 'dead', 'deferred', 'deferred', 'dead']);
    expect(Object.fromEntries(town.rows)).toEqual({ 1: 'COMPLETED', 2: 'IN_QUIET_HOUR', 3: 'FAILED', 4: 'PARKED', 5: 'LATER' });
    expect(town.mailed).toEqual([1n]);
    expect(run.deadLetters.map(({ stage, code }) => `${stage} ${code}`).sort()).toEqual(['decode undecodable', 'record refused']);
  });

  it('mails the same bill in quiet hours when its message says that it was forced', async () => {
    const { ends } = await delivered(aTown(), [bill(1, { quietHours: null })], { startsAt: '2026-11-15T14:00:00Z' });
    expect(ends).toEqual(['done']);
  });

  it('mails each of two messages of one bill once', async () => {
    const town = aTown();
    expect([...(await delivered(town, [bill(1), bill(1)])).ends].sort()).toEqual(['deferred', 'done']);
    expect(town.mailed).toEqual([1n]);
  });

  it('skips a bill that is completed, and buries the message of a failed one again', async () => {
    const town = aTown(
      undefined,
      new Map([
        [1n, 'COMPLETED'],
        [2n, 'FAILED'],
      ]),
    );
    expect((await delivered(town, [bill(1), bill(2)])).ends).toEqual(['skipped', 'dead']);
    expect(town.mailed).toEqual([]);
  });

  it('has no more bills claimed than mails at once and one chunk of recording', async () => {
    const town = aTown((_, clock) => new Promise((resolve) => void clock.after(3, () => resolve('250 ok'))));
    const { ends } = await delivered(
      town,
      Array.from({ length: 1_000 }, (_, index) => bill(index + 1, { destination: `d${index % 10}.example` })),
    );
    expect(new Set(ends)).toEqual(new Set(['done']));
    expect(town.mostClaimed).toBeLessThanOrEqual(options.send.concurrency + options.record.size);
  });

  it('puts bills off that go beyond the rate of their destination, unclaimed, and mails the others', async () => {
    const town = aTown();
    const slow = Array.from({ length: 600 }, (_, index) => bill(index + 1, { destination: 'slow.example' }));
    const { ends } = await delivered(town, [...slow, bill(5_000, { destination: 'other.example' })]);
    expect(ends.at(-1)).toBe('done');
    const { burst, perSecond } = options.rate;
    const mailed = town.mailed.length - 1;
    expect(mailed).toBeGreaterThanOrEqual(burst);
    expect(mailed).toBeLessThanOrEqual(burst + (perSecond * town.clock.elapsedMs()) / 1_000);
    expect(ends.filter((end) => end === 'deferred')).toHaveLength(600 - mailed);
    expect([...town.rows.values()].filter((state) => state === 'SENDING')).toEqual([]);
  });

  it('puts a bill off that a server would not take now, by its attempt, without asking again at once', async () => {
    let calls = 0;
    const town = aTown(() => {
      calls += 1;
      throw new WeirError('throttled', 'it answered 450');
    });
    await delivered(town, [bill(1)]);
    expect(calls).toBe(1);
    expect(town.later).toEqual([new Date('2026-11-15T03:01:00Z')]);
  });

  it('slows down a destination that says not now, and none of the others', async () => {
    const town = aTown(({ destination }) => {
      if (destination === 'slow.example') throw new WeirError('throttled', 'it answered 421');
      return '250 ok';
    });
    const of = (destination: string, first: number, count: number): readonly DispatchedBill[] =>
      Array.from({ length: count }, (_, index) => bill(first + index, { destination }));
    const messages = [...of('slow.example', 1, 50), ...of('slow.example', 1_001, 300), ...of('other.example', 2_001, 300)];
    const { ends } = await delivered(town, messages, { pauseAfter: 50 });
    expect(new Set(ends.slice(0, 350))).toEqual(new Set(['deferred']));
    expect(new Set(ends.slice(350))).toEqual(new Set(['done']));
    expect(town.claimed.filter((billId) => billId > 1_000n && billId <= 2_000n).length).toBeLessThan(10);
  });
});
