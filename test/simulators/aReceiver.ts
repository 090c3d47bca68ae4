import { createHmac } from 'node:crypto';
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';

/** A webhook as it came. */
export interface Received {
  readonly body: Readonly<Record<string, unknown>>;
  readonly timestampS: number;
  /** Whether its signature is that of the secret, by a calculation of its own. */
  readonly isSigned: boolean;
}

/** Takes webhooks and keeps them. */
export async function aReceiver(
  secret: string,
): Promise<{ readonly url: string; readonly received: readonly Received[]; readonly close: () => void }> {
  const received: Received[] = [];
  const server = createServer((request, response) => {
    const pieces: Buffer[] = [];
    request.on('data', (piece: Buffer) => pieces.push(piece));
    request.on('end', () => {
      const raw = Buffer.concat(pieces);
      const timestamp = String(request.headers['x-webhook-timestamp']);
      const signature = createHmac('sha256', secret).update(`${timestamp}.`).update(raw).digest('hex');
      received.push({
        body: JSON.parse(raw.toString()) as Received['body'],
        timestampS: Number(timestamp),
        isSigned: request.headers['x-webhook-signature'] === `v1=${signature}`,
      });
      response.writeHead(202).end();
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/webhooks`,
    received,
    close: () => {
      server.closeAllConnections();
      server.close();
    },
  };
}
