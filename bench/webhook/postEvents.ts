import { Agent, request } from 'node:http';
import { signatureHeaders } from '../../simulators/signature.ts';
import { webhookSecret } from './answerProcess.ts';

/** Posts the event about an order, signed, and resolves when it was answered 200; the connections are kept, so many at most. */
export function eventPoster(url: string, connections: number): { post: (order: number) => Promise<void>; close: () => void } {
  const agent = new Agent({ keepAlive: true, maxSockets: connections });
  const path = new URL('/webhooks/payments/card', url);
  return {
    post: async (order) => {
      const charge = { transactionKey: `T-${order}`, paymentNumber: `P-${order}`, amount: '12000' };
      const body = JSON.stringify({ eventId: `E-${order}`, type: 'payment.succeeded', ...charge });
      const signed = signatureHeaders(webhookSecret, Math.floor(Date.now() / 1_000), body);
      const headers = { 'content-type': 'application/json', 'content-length': Buffer.byteLength(body), ...signed };
      const status = await statusOf(path, agent, headers, body);
      if (status !== 200) throw new Error(`The event about order ${order} was answered ${status}.`);
    },
    close: () => agent.destroy(),
  };
}

function statusOf(url: URL, agent: Agent, headers: Readonly<Record<string, string | number>>, body: string): Promise<number | undefined> {
  return new Promise((resolve, reject) => {
    const posted = request(url, { method: 'POST', agent, headers }, (response) => {
      response.on('error', reject).on('end', () => resolve(response.statusCode));
      response.resume();
    });
    posted.on('error', reject).end(body);
  });
}
