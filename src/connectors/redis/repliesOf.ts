import type { ChainableCommander } from 'ioredis';

/**
 * Sends a pipeline and answers its replies in order; throws the first that Redis refused. To be called inside `Connection.use`: there
 * what the client says is translated, and a connection that was lost may be had again.
 */
export async function repliesOf(pipeline: ChainableCommander): Promise<readonly unknown[]> {
  const replies = (await pipeline.exec()) ?? [];
  const refused = replies.find(([error]) => error !== null);
  if (refused) throw refused[0] as Error;
  return replies.map(([, reply]) => reply);
}
