import pg from 'pg';
import { textOf, WeirError } from '../../errors.ts';
import { backOffMs } from '../../message/backOff.ts';
import { pause } from '../../message/pause.ts';
import type { Wake } from '../database.ts';
import type { DatabaseSettings } from './databaseOptions.ts';
import { openOwnConnection } from './ownConnection.ts';

const betweenConnections = { firstMs: 100, maxMs: 10_000 };

/** A listener that runs until it is ended. */
export interface Listener {
  end(): void;
  /** Resolves when its connection is closed. */
  readonly ended: Promise<void>;
}

/**
 * Listens on a channel until it is ended. A lost connection is taken again with back-off, and so is one after a mistake in the
 * program, which is told as a `defect`. `wake` is called once whenever listening begins, with an empty payload, since something
 * may have been missed before.
 */
export function startListener(settings: DatabaseSettings, channel: string, wake: Wake): Listener {
  const ending = new AbortController();
  return { end: () => ending.abort(), ended: keepListening(settings, channel, wake, ending.signal) };
}

async function keepListening(settings: DatabaseSettings, channel: string, wake: Wake, ending: AbortSignal): Promise<void> {
  let attempt = 0;
  const begun: Wake = (payload) => {
    attempt = 0;
    wake(payload);
  };
  while (!ending.aborted) {
    try {
      await listenOnce(settings, channel, begun, ending);
    } catch (error) {
      // Nobody waits for this loop: a mistake that it threw would end the process, for a hint that a poll makes up for.
      settings.onConnectionLost(error instanceof WeirError ? error : new WeirError('defect', textOf(error), { cause: error }));
    }
    attempt += 1;
    await pause(settings.clock, backOffMs(betweenConnections, attempt, settings.clock), ending);
  }
}

/** Listens on one connection until it is lost (rejects) or the listener is ended (resolves). */
async function listenOnce(settings: DatabaseSettings, channel: string, wake: Wake, ending: AbortSignal): Promise<void> {
  const { client, connection, end } = await openOwnConnection(settings);
  try {
    client.on('notification', ({ payload }) => wake(payload ?? ''));
    const options = { phase: 'read', limitMs: settings.answerLimitMs } as const;
    await connection.run({ text: `LISTEN ${pg.escapeIdentifier(channel)}` }, options);
    wake('');
    const over = AbortSignal.any([ending, connection.lost]);
    while (!ending.aborted) {
      // A connection that hears nothing looks like a quiet channel: only an answer proves that it lives.
      await connection.run({ text: 'SELECT 1' }, options);
      await pause(settings.clock, settings.listenerCheckMs, over);
    }
  } finally {
    await end();
  }
}
