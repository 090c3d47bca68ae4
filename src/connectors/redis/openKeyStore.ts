import type { KeyStore } from '../keyStore.ts';
import { Connection, type ConnectionOptions } from './connection.ts';
import { repliesOf } from './repliesOf.ts';
import { runScript, script, type Script } from './script.ts';

/** A store of keys with its end. */
export interface RedisKeyStore extends KeyStore {
  /** Resolves when Redis answers within the limit, in milliseconds. Rejects with a `WeirError` that says why it does not. */
  reach(limitMs: number): Promise<void>;
  /** Ends the connection; what is under way is rejected. */
  close(): Promise<void>;
}

/** Commands of one pipeline at most: longer ones are cut, so that what waits for answers stays bounded. */
const pipelineSize = 1_000;

/** Opens a store of keys on a connection of its own, which is replaced when it is lost or silent. Connects when first used. */
export function openKeyStore(options: ConnectionOptions): RedisKeyStore {
  const connection = new Connection(options);
  const scripts = new Map<string, Script>();
  const scriptOf = (lua: string): Script => {
    const known = scripts.get(lua) ?? script(lua);
    scripts.set(lua, known);
    return known;
  };

  return {
    run: (commands) =>
      inPieces(commands, (piece) =>
        connection.use((client) => {
          const pipeline = client.pipeline();
          for (const [name, ...args] of piece) pipeline.callBuffer(name, ...args.map(argumentOf));
          return repliesOf(pipeline);
        }),
      ),
    runScript: (lua, calls) => {
      const its = scriptOf(lua);
      return inPieces(calls, (piece) =>
        connection.use((client) => Promise.all(piece.map(({ keys, args = [] }) => runScript(client, its, keys, args.map(argumentOf))))),
      );
    },
    reach: async (limitMs) => {
      await connection.use((client) => client.ping(), limitMs);
    },
    close: () => connection.close(),
  };
}

async function inPieces<T>(items: readonly T[], send: (piece: readonly T[]) => Promise<readonly unknown[]>): Promise<readonly unknown[]> {
  const replies: unknown[] = [];
  for (let from = 0; from < items.length; from += pipelineSize) replies.push(...(await send(items.slice(from, from + pipelineSize))));
  return replies;
}

function argumentOf(value: string | number | bigint | Buffer): string | Buffer {
  return Buffer.isBuffer(value) ? value : String(value);
}
