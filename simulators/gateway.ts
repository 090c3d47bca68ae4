import { parseArgs } from 'node:util';
import { Faults } from './faults.ts';
import { card } from './gateway/card.ts';
import { ChargeStore, type Charge, type NewCharge } from './gateway/chargeStore.ts';
import { controlledGateway } from './gateway/gatewayControl.ts';
import type { Manner } from './gateway/manner.ts';
import { transfer } from './gateway/transfer.ts';
import { wallet } from './gateway/wallet.ts';
import type { HttpFaults } from './httpFaults.ts';
import { runAlone, startHttpSimulator, type HttpSimulator, type HttpSimulatorOptions } from './httpSimulator.ts';
import { numbered } from './numbered.ts';
import { simulatorFlags, simulatorOptions } from './simulatorFlags.ts';
import { controlledWebhooks, webhookSwitches } from './webhookControl.ts';
import { Webhooks, type WebhookOptions } from './webhooks.ts';

const manners = { card, transfer, wallet } as const satisfies Record<string, Manner>;

export interface GatewayOptions extends HttpSimulatorOptions, WebhookOptions {
  /** How it is spoken to. */
  readonly manner: keyof typeof manners;
  /** What a client must bring as bearer token. */
  readonly token: string;
  /** How long the manner `transfer` calls a refund accepted before it is done, in milliseconds; the others do it at once. Default 0. */
  readonly refundsTakeMs?: number;
  /** The clock by which charges settle and webhooks are signed. Default: the machine's. */
  readonly now?: () => Date;
}

/** An event about a charge; what is absent is as the charge says. */
export interface PaymentEvent {
  readonly paymentNumber: string;
  /** Default: a new one. */
  readonly eventId?: string | undefined;
  readonly type?: 'payment.succeeded' | 'payment.failed' | undefined;
  readonly amount?: bigint | undefined;
}

/** A payment gateway that charges what it is told, gives money back, and fails as it is told. */
export interface Gateway extends HttpSimulator {
  readonly token: string;
  readonly webhooks: Pick<Webhooks, 'faults' | 'deliveries' | 'sendTo'>;
  /** Puts a charge in, or changes the one with that payment number. */
  charge(charge: NewCharge): Charge;
  /** Every charge with its refunds. */
  record(): readonly Charge[];
  /** Posts an event about a charge; resolves when the receiver has answered, unless a fault keeps it from that. */
  sendWebhook(event: PaymentEvent): Promise<void>;
}

/**
 * Starts a payment gateway; it runs until it is closed. What its clients ask stands at its manner; they bring `Authorization: Bearer …`.
 *
 *     POST /charges {paymentNumber, transactionKey?, amount: "12000", status: APPROVED | DECLINED | PENDING, settlesAfterMs?}
 *     GET  /record                    every charge with its refunds
 *     POST /webhooks {paymentNumber, eventId?, type?, amount?}   posts {eventId, type, transactionKey, paymentNumber, amount: "12000"}
 *     POST /webhook-url {url}, GET /webhooks                     where to, and what was posted
 *     POST /faults                    an HttpFault or a WebhookFault, aimed `to` a payment number and `on` a request; DELETE /faults
 *     POST /refuse?forMs=…, POST /accept
 */
export async function startGateway(options: GatewayOptions): Promise<Gateway> {
  const { token, now = () => new Date(), seed = 1 } = options;
  const ending = new AbortController();
  const charges = new ChargeStore(now, options.refundsTakeMs ?? 0);
  const faults: HttpFaults = new Faults(seed);
  const webhooks = new Webhooks({ ...options, now, signal: ending.signal });
  const newEvent = numbered('evt');
  const own = {
    charge: (charge: NewCharge) => charges.put(charge),
    record: () => charges.record(),
    async sendWebhook({ paymentNumber, ...told }: PaymentEvent) {
      const charge = charges.byNumber(paymentNumber);
      if (charge === undefined) throw new Error('no such charge');
      const { eventId = newEvent(), type = charge.status === 'DECLINED' ? 'payment.failed' : 'payment.succeeded' } = told;
      const amount = String(told.amount ?? charge.amount);
      await webhooks.send(paymentNumber, eventId, { type, transactionKey: charge.transactionKey, paymentNumber, amount });
    },
  };
  const simulator = await startHttpSimulator(options, {
    faults,
    switches: webhookSwitches(faults, webhooks),
    token,
    ending,
    control: async (asked) => controlledWebhooks(webhooks, asked) ?? (await controlledGateway(own, asked)),
    understand: (asked) => manners[options.manner](asked, charges),
  });
  return { ...simulator, ...own, token, webhooks };
}

if (import.meta.main) {
  const { values } = parseArgs({
    options: { ...simulatorFlags, port: { type: 'string', default: '8027' }, manner: { type: 'string', default: 'card' } },
  });
  if (!Object.hasOwn(manners, values.manner)) throw new Error(`--manner takes one of ${Object.keys(manners).join(', ')}`);
  runAlone(await startGateway({ ...simulatorOptions(values), manner: values.manner as GatewayOptions['manner'] }));
}
