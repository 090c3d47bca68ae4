import type { Gate } from '../../../operators/gate.ts';
import type { HttpClient } from '../../../src/connectors/httpClient.ts';
import type { Gateways } from '../askGateway.ts';
import { methods, type Method } from '../payment.ts';
import { cardGateway } from './cardGateway.ts';
import type { PaymentGateway } from './gateway.ts';
import { transferGateway } from './transferGateway.ts';
import { walletGateway } from './walletGateway.ts';

/** How the gateway of each method is spoken to. */
const manners: Readonly<Record<Method, (client: HttpClient) => PaymentGateway>> = {
  card: cardGateway,
  transfer: transferGateway,
  wallet: walletGateway,
};

/** The gateways that are set up, each behind its breaker. */
export function askableGateways(service: (method: Method) => HttpClient | undefined, gate: (method: Method) => Gate): Gateways {
  return Object.fromEntries(
    methods.flatMap((method) => {
      const client = service(method);
      return client === undefined ? [] : [[method, { gateway: manners[method](client), gate: gate(method) }]];
    }),
  );
}
