import { from, lastValueFrom, tap } from 'rxjs';
import { describe, expect, it } from 'vitest';
import { deliverSms, type DeliverSmsPorts } from '../../../pipelines/billing/deliverSms.pipeline.ts';
import { deliverSmsOptions } from '../../../pipelines/billing/deliverSmsOptions.ts';
import { encodeRequestedText } from '../../../pipelines/billing/requestedText.ts';
import { WeirError } from '../../../src/errors.ts';
import { defer } from '../../../src/message/decision.ts';
import { virtualClock, type VirtualClock } from '../../../src/runtime/virtualClock.ts';
import { aGate, type HandGate } from '../../support/aGate.ts';
import { anOpen, aRun } from '../../support/aRun.ts';

const options = deliverSmsOptions.parse({});

interface Town {
  readonly ports: DeliverSmsPorts;
  readonly gate: HandGate;
  /** Stands but while a chain waits. */
  readonly clock: VirtualClock;
  /** Requests claimed and not recorded: now, and at most. */
  claimed: number;
  mostClaimed: number;
  sent: number;
}

interface TownOptions {
  readonly gate?: HandGate;
  readonly recordMs?: number;
  readonly send?: () => void;
}

/** Requests in memory, an endpoint that takes everything, and a database that takes its time to record. */
function aTown({ gate = aGate(), recordMs = 0, send }: TownOptions = {}): Town {
  const clock = virtualClock(new Date('2026-11-15T03:00:00Z'));
  const town: Town = {
    ...{ gate, clock, claimed: 0, mostClaimed: 0, sent: 0 },
    ports: {
      bus: {
        subscribe: () => {
          throw new Error('the source is not asked');
        },
      },
      texts: {
        gate,
        claim: (values) => {
          town.claimed += values.length;
          town.mostClaimed = Math.max(town.mostClaimed, town.claimed);
          return Promise.resolve(values.map((value) => ({ ...value, claimed: { details: {}, encryptedPhone: 'p', holder: 'one 1' } })));
        },
        sendText: ({ request }) => {
          send?.();
          town.sent += 1;
          return Promise.resolve({ kind: 'sent', request, response: 'sms-1' });
        },
        record: (verdicts) =>
          new Promise((resolve) => {
            clock.after(recordMs, () => {
              town.claimed -= verdicts.length;
              resolve(verdicts.map((verdict) => (verdict.kind === 'sent' ? verdict : defer(verdict.kind))));
            });
          }),
      },
    },
  };
  return town;
}

/** Sends so many requests through the chain; `ended` resolves with how they ended, while the clock is moved by the caller. */
function delivery({ clock, ports }: Town, count: number): { readonly ended: Promise<readonly string[]>; readonly open: () => number } {
  const run = { ...aRun(), clock };
  const messages = Array.from({ length: count }, (_, index) => {
    const id = BigInt(index + 1);
    const request = { billId: id, billingDate: '2026-11-01', publicInfoId: id, token: id };
    return anOpen<Uint8Array>(encodeRequestedText(request), { position: String(index), run });
  });
  const ends: string[] = [];
  const out$ = deliverSms.chain(from(messages), ports, options).pipe(tap(({ outcome }) => ends.push(outcome ?? 'done')));
  return { ended: lastValueFrom(out$, { defaultValue: undefined }).then(() => ends), open: () => count - ends.length };
}

/** Moves the clock from timer to timer until none is left. */
async function timePasses(clock: VirtualClock): Promise<void> {
  while (await clock.step());
}

describe('billing.deliverSms', () => {
  it('names its stages after their functions', () => {
    expect(deliverSms.stages).toEqual(['decode', 'decideText', 'sendText', 'record']);
  });

  it('claims nothing while the endpoint is away, and sends all once it is back', async () => {
    const town = aTown({ gate: aGate({ isOpen: false }) });
    const { ended, open } = delivery(town, 30);
    await timePasses(town.clock);
    expect([town.mostClaimed, town.sent, open()]).toEqual([0, 0, 30]);
    town.gate.open();
    await timePasses(town.clock);
    expect(new Set(await ended)).toEqual(new Set(['done']));
    expect(town.sent).toBe(30);
  });

  it('puts off what it has claimed when the endpoint goes away, and claims no more', async () => {
    const gate = aGate({ onFailure: (failing) => failing.shut() });
    const send = (): void => {
      throw new WeirError('unavailable', 'nobody is there');
    };
    const town = aTown({ gate, send });
    const { open } = delivery(town, 30);
    await timePasses(town.clock);
    expect([town.claimed, town.sent]).toEqual([0, 0]);
    expect(30 - open()).toBe(town.mostClaimed);
    expect(town.mostClaimed).toBeLessThanOrEqual(options.send.concurrency);
  });

  it('has no more requests claimed than SMS at once and one chunk of recording, however slow that is', async () => {
    const town = aTown({ recordMs: 1_000 });
    const { ended } = delivery(town, 300);
    await timePasses(town.clock);
    expect(new Set(await ended)).toEqual(new Set(['done']));
    expect(town.mostClaimed).toBeLessThanOrEqual(options.send.concurrency + options.record.size);
  });
});
