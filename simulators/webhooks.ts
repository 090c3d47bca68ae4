import { z } from 'zod';
import { aim, Faults } from './faults.ts';
import { pause } from './httpFaults.ts';
import { signatureHeaders } from './signature.ts';

/** What happens to an event on its way. */
export type WebhookFault =
  | { readonly kind: 'duplicate' } // delivered twice
  | { readonly kind: 'reorder' } // kept back until the next one was delivered
  | { readonly kind: 'drop' } // never delivered
  | { readonly kind: 'wrongSignature' }
  | { readonly kind: 'stale'; readonly byS: number } // signed so much earlier
  | { readonly kind: 'delay'; readonly delayMs: number }; // delivered so much later

/** A fault of webhooks as it comes over HTTP. */
export const webhookFaultRule = z.strictObject({
  phase: z.literal('webhook'),
  action: z.discriminatedUnion('kind', [
    z.strictObject({ kind: z.enum(['duplicate', 'reorder', 'drop', 'wrongSignature']) }),
    z.strictObject({ kind: z.literal('stale'), byS: z.int().min(1) }),
    z.strictObject({ kind: z.literal('delay'), delayMs: z.int().min(0) }),
  ]),
  ...aim,
});

/** Where webhooks go, and how they are signed. */
export interface WebhookOptions {
  /** Where events are posted. Default: nowhere, until `sendTo`. */
  readonly webhookUrl?: string;
  /** Of their signature. Default `webhook-secret`. */
  readonly webhookSecret?: string;
  /** How long a receiver may take to answer, in milliseconds. Default 10,000; then the event counts as posted and not answered. */
  readonly webhookLimitMs?: number;
}

/** One event that was posted. */
export interface Delivery {
  readonly eventId: string;
  /** What the receiver answered; undefined where it did not. */
  readonly status: number | undefined;
}

/** Posts events to a URL, signed, each once and at once, unless a fault strikes. What is not taken is not tried again. */
export class Webhooks {
  readonly faults: Faults<'webhook', WebhookFault>;
  readonly #secret: string;
  readonly #now: () => Date;
  readonly #signal: AbortSignal;
  readonly #limitMs: number;
  readonly #deliveries: Delivery[] = [];
  #url: string | undefined;
  #keptBack: (() => Promise<void>)[] = [];

  constructor(options: WebhookOptions & { readonly seed?: number; readonly now: () => Date; readonly signal: AbortSignal }) {
    this.faults = new Faults(options.seed ?? 1);
    this.#secret = options.webhookSecret ?? 'webhook-secret';
    this.#url = options.webhookUrl;
    this.#now = options.now;
    this.#signal = options.signal;
    this.#limitMs = options.webhookLimitMs ?? 10_000;
  }

  /** Events go there from now on. */
  sendTo(url: string): void {
    this.#url = url;
  }

  /** What was posted, in the order of the answers. */
  get deliveries(): readonly Delivery[] {
    return this.#deliveries;
  }

  /** Posts an event; resolves when it was answered, kept back or dropped. `about` is whom faults are aimed at. */
  async send(about: string, eventId: string, event: Readonly<Record<string, string>>): Promise<void> {
    const fault = this.faults.at('webhook', [about]);
    if (fault?.kind === 'drop') return;
    if (fault?.kind === 'delay' && !(await pause(fault.delayMs, this.#signal))) return;
    const deliver = (): Promise<void> => this.#post(eventId, JSON.stringify({ eventId, ...event }), fault);
    if (fault?.kind === 'reorder') {
      this.#keptBack.push(deliver);
      return;
    }
    await deliver();
    if (fault?.kind === 'duplicate') await deliver();
    for (const deliverLate of this.#keptBack.splice(0)) await deliverLate();
  }

  async #post(eventId: string, body: string, fault: WebhookFault | undefined): Promise<void> {
    if (this.#url === undefined) return;
    const timestampS = Math.floor(this.#now().getTime() / 1_000) - (fault?.kind === 'stale' ? fault.byS : 0);
    const secret = fault?.kind === 'wrongSignature' ? `not ${this.#secret}` : this.#secret;
    const headers = { 'content-type': 'application/json', ...signatureHeaders(secret, timestampS, body) };
    const signal = AbortSignal.any([this.#signal, AbortSignal.timeout(this.#limitMs)]);
    const request = { method: 'POST', headers, body, redirect: 'manual', signal } as const;
    const status = await fetch(this.#url, request)
      .then(async (response) => {
        await response.arrayBuffer();
        return response.status;
      })
      .catch(() => undefined);
    this.#deliveries.push({ eventId, status });
  }
}
