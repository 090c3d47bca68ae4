import type { Logger } from '../logging/logger.ts';

/** The part of a process that signals reach. */
export interface SignalTarget {
  on(signal: 'SIGTERM' | 'SIGINT', listener: (signal: string) => void): unknown;
  off(signal: 'SIGTERM' | 'SIGINT', listener: (signal: string) => void): unknown;
}

/** What asks a process to stop: the first signal for a drain, the second for the end now. */
export interface StopSignals {
  readonly drain: AbortSignal;
  readonly cut: AbortSignal;
  /** Asks as the first signal does, for a reason of our own. */
  stop(): void;
  /** Asks as the second signal does: the grace time is over. */
  stopNow(): void;
  /** All is stopped: a further signal changes nothing, is not spoken of, and does not kill what is closing. */
  stopped(): void;
  /** Listens no more. */
  dispose(): void;
}

/** Listens to SIGTERM and SIGINT. */
export function stopSignals(target: SignalTarget, log: Logger): StopSignals {
  const drain = new AbortController();
  const cut = new AbortController();
  let isStopped = false;
  const onSignal = (signal: string): void => {
    if (isStopped) return;
    log.info(drain.signal.aborted ? 'stopping now' : 'draining; a second signal stops at once', { signal });
    (drain.signal.aborted ? cut : drain).abort();
  };
  target.on('SIGTERM', onSignal);
  target.on('SIGINT', onSignal);
  return {
    drain: drain.signal,
    cut: cut.signal,
    stop: () => drain.abort(),
    stopNow: () => cut.abort(),
    stopped: () => void (isStopped = true),
    dispose: () => {
      target.off('SIGTERM', onSignal);
      target.off('SIGINT', onSignal);
    },
  };
}
