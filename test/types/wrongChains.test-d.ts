import { from, type Observable } from 'rxjs';
import { decode } from '../../operators/decode.ts';
import { mapChunk } from '../../operators/mapChunk.ts';
import { mapEach } from '../../operators/mapEach.ts';
import { mergeMapWhen } from '../../operators/mergeMapWhen.ts';
import type { Bus, Topic } from '../../src/connectors/bus.ts';
import type { Answer } from '../../src/message/decision.ts';
import { definePipeline } from '../../src/runtime/definePipeline.ts';

// Chains that must not compile, below one that must. Nothing here runs: `tsc -p .` is the test, since it fails on an
// `@ts-expect-error` without an error. Each expectation stands on the one line that is wrong.

interface Bill {
  readonly id: bigint;
}
interface Send extends Bill {
  readonly kind: 'send';
}
interface Quiet extends Bill {
  readonly kind: 'quiet';
  readonly until: Date;
}
interface Sent extends Bill {
  readonly kind: 'sent';
}
interface Refused extends Bill {
  readonly kind: 'refused';
}
interface Parked extends Bill {
  readonly kind: 'parked';
}

interface DeliverPorts {
  readonly bus: Bus;
  readonly bills: {
    readonly claim: (bills: readonly Send[]) => Promise<readonly Answer<Send>[]>;
    readonly claimByBank: (accounts: readonly { readonly iban: string }[]) => Promise<readonly Answer<{ readonly iban: string }>[]>;
    readonly record: (verdicts: readonly (Quiet | Sent | Refused | Parked)[]) => Promise<readonly bigint[]>;
  };
  readonly mail: { readonly send: (bill: Send, signal: AbortSignal) => Observable<Sent> };
  readonly sms: { readonly text: (quiet: Quiet) => Observable<Sent> };
}

interface DeliverOptions {
  readonly send: {
    concurrency: number;
    timeLimitMs: number;
    holdMs: number;
    retry: { maxRetries: number; firstDelayMs: number; maxDelayMs: number };
  };
  readonly chunk: { size: number; maxWaitMs: number };
}

declare const emailTopic: Topic;
declare const deliverOptions: { parse(input: unknown): DeliverOptions };
declare const dispatchedBill: { parse(input: unknown): Bill };
declare function decideDelivery(bill: Bill, moment: { readonly now: Date }): Answer<Send | Quiet>;
declare function decideByName(bill: { readonly name: string }): Answer<Send | Quiet>;
declare function refused(bill: Send, error: unknown): Refused;
declare function parked(bill: Send, error: unknown): Parked;
declare function parkedQuiet(quiet: Quiet, error: unknown): Parked;

const basis = {
  name: 'billing.deliver',
  profile: 'consumer',
  options: deliverOptions,
  source: ({ bus }: DeliverPorts) => bus.subscribe(emailTopic, { group: 'cg-billing-email-send' }),
};

export const right = definePipeline({
  name: 'billing.deliver',
  profile: 'consumer',
  options: deliverOptions,
  source: ({ bus }: DeliverPorts) => bus.subscribe(emailTopic, { group: 'cg-billing-email-send' }),
  chain: (message$, { bills, mail }, options) =>
    message$.pipe(
      decode(dispatchedBill),
      mapEach(decideDelivery),
      mergeMapWhen('send', mail.send, { ...options.send, claim: bills.claim, refused, unknown: parked }),
      mapChunk(bills.record, options.chunk),
    ),
});

export const forgottenEffect = definePipeline({
  ...basis,
  chain: (message$, { bills }, options) =>
    message$.pipe(
      decode(dispatchedBill),
      // @ts-expect-error a bill to be sent cannot be recorded, so these verdicts are not what comes next
      mapEach(decideDelivery),
      mapChunk(bills.record, options.chunk),
    ),
});

export const wrongKind = definePipeline({
  ...basis,
  chain: (message$, { bills, mail }, options) =>
    message$.pipe(
      decode(dispatchedBill),
      mapEach(decideDelivery),
      // @ts-expect-error no verdict has this kind
      mergeMapWhen('sendd', mail.send, { ...options.send, refused, unknown: parked }),
      mapChunk(bills.record, options.chunk),
    ),
});

export const effectOfAnotherKind = definePipeline({
  ...basis,
  chain: (message$, { sms }, options) =>
    message$.pipe(
      decode(dispatchedBill),
      mapEach(decideDelivery),
      // @ts-expect-error the effect takes quiet bills, and is given those to be sent
      mergeMapWhen('send', sms.text, { ...options.send, unknown: 'retry' }),
    ),
});

export const unhandledUnknown = definePipeline({
  ...basis,
  chain: (message$, { bills, mail }, options) =>
    message$.pipe(
      decode(dispatchedBill),
      mapEach(decideDelivery),
      // @ts-expect-error nobody says what an unknown end means
      mergeMapWhen('send', mail.send, { ...options.send, claim: bills.claim, refused }),
    ),
});

export const unknownOfAnotherKind = definePipeline({
  ...basis,
  chain: (message$, { mail }, options) =>
    message$.pipe(
      decode(dispatchedBill),
      mapEach(decideDelivery),
      // @ts-expect-error the verdict is about quiet bills
      mergeMapWhen('send', mail.send, { ...options.send, refused, unknown: parkedQuiet }),
    ),
});

export const wrongProject = definePipeline({
  ...basis,
  chain: (message$) =>
    message$.pipe(
      // @ts-expect-error a bill has no name, so it is not what comes next
      decode(dispatchedBill),
      mapEach(decideByName),
    ),
});

export const wrongClaim = definePipeline({
  ...basis,
  chain: (message$, { bills, mail }, options) =>
    message$.pipe(
      decode(dispatchedBill),
      mapEach(decideDelivery),
      // @ts-expect-error the claim takes accounts
      mergeMapWhen('send', mail.send, { ...options.send, claim: bills.claimByBank, refused, unknown: parked }),
    ),
});

export const undecoded = definePipeline({
  ...basis,
  // @ts-expect-error a decision about bytes
  chain: (message$) => message$.pipe(mapEach(decideDelivery)),
});

export const chunkOfPlainValues = definePipeline({
  ...basis,
  // @ts-expect-error a chain takes messages, not values
  chain: () => from([1, 2, 3]),
});
