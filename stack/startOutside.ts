import { randomBytes } from 'node:crypto';
import { startBank, type Bank } from '../simulators/bank.ts';
import { startGateway, type Gateway } from '../simulators/gateway.ts';
import { startSlack, type Slack } from '../simulators/slack.ts';

/** The payment gateways, one for each method. */
export type Gateways = Readonly<Record<'card' | 'transfer' | 'wallet', Gateway>>;

/** Whom a daemon asks over HTTP, simulated. */
export interface Outside {
  readonly gateways: Gateways;
  readonly bank: Bank;
  readonly chat: Slack;
  /** Addresses, tokens and secrets, as the variables that configure a daemon. */
  readonly environment: Readonly<Record<string, string>>;
  /** Has gateways and the bank call back to a daemon's public API: `http://host:port`. */
  callBackTo(apiUrl: string): void;
  close(): Promise<void>;
}

/** Starts gateways, a bank and a chat. What has started is ended when another fails. `now` is the clock that stamps and signs. */
export async function startOutside(clock: { readonly now?: () => Date } = {}): Promise<Outside> {
  await using started = new AsyncDisposableStack();
  const secret = (): string => randomBytes(24).toString('base64url');
  const environment: Record<string, string> = {};
  const aGateway = async (manner: keyof Gateways): Promise<Gateway> => {
    const [token, webhookSecret] = [secret(), secret()];
    const gateway = started.adopt(await startGateway({ manner, token, webhookSecret, ...clock }), (server) => server.close());
    Object.assign(environment, variables(`GATEWAYS_${manner.toUpperCase()}`, gateway.url, token, webhookSecret));
    return gateway;
  };
  const gateways = { card: await aGateway('card'), transfer: await aGateway('transfer'), wallet: await aGateway('wallet') };
  const [token, webhookSecret] = [secret(), secret()];
  const bank = started.adopt(await startBank({ token, webhookSecret, ...clock }), (server) => server.close());
  Object.assign(environment, variables('BANK', bank.url, token, webhookSecret));
  const chat = started.adopt(await startSlack(clock), (server) => server.close());
  environment['WEIR_CHAT_URL'] = `${chat.url}/services/weir`;
  const all = started.move();
  return {
    ...{ gateways, bank, chat, environment },
    callBackTo: (apiUrl) => {
      for (const [method, { webhooks }] of Object.entries(gateways)) webhooks.sendTo(`${apiUrl}/webhooks/payments/${method}`);
      bank.webhooks.sendTo(`${apiUrl}/webhooks/bank`);
    },
    close: () => all.disposeAsync(),
  };
}

function variables(service: string, url: string, token: string, webhookSecret: string): Readonly<Record<string, string>> {
  return { [`WEIR_${service}_URL`]: url, [`WEIR_${service}_TOKEN`]: token, [`WEIR_${service}_WEBHOOK_SECRETS`]: webhookSecret };
}
