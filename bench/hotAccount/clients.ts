import { Client } from 'pg';

/** Connections that work at once, each with a client of its own. */
const clientCount = 32;

/** Opens the clients. */
export async function openClients(url: string): Promise<readonly Client[]> {
  const clients = Array.from({ length: clientCount }, () => new Client({ connectionString: url }));
  await Promise.all(clients.map((client) => client.connect()));
  return clients;
}

export async function closeClients(clients: readonly Client[]): Promise<void> {
  await Promise.all(clients.map((client) => client.end()));
}

/** Requests 1 to `upTo`, each by whichever client is free. */
export async function workAtOnce(
  clients: readonly Client[],
  upTo: number,
  work: (client: Client, requestId: number) => Promise<void>,
): Promise<void> {
  let taken = 0;
  await Promise.all(
    clients.map(async (client) => {
      while (taken < upTo) await work(client, (taken += 1));
    }),
  );
}
