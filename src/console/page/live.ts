import type { Overview } from './overview.ts';

/** What the daemon tells by itself. */
export interface Live {
  /** The newest that was told. */
  latest(): Overview | undefined;
  close(): void;
}

export interface LiveListener {
  readonly told: (overview: Overview) => void;
  /** Whether it is heard of. The daemon ends each stream after a minute, and the browser asks for the next: that is no loss. */
  readonly heard: (isHeard: boolean) => void;
  /** It was refused: perhaps the session has ended. */
  readonly refused: () => void;
}

/** After how long a stream that was refused is asked for again, in milliseconds; a lost one is asked for again by the browser itself. */
const againMs = 5_000;

/** After how long without a word the connection is told to be lost, in milliseconds. */
const lostMs = 3_000;

/** Listens to the daemon until it is closed; a connection that is lost is opened again. */
export function listen({ told, heard, refused }: LiveListener): Live {
  let latest: Overview | undefined;
  let isClosed = false;
  let again: ReturnType<typeof setTimeout> | undefined;
  let lost: ReturnType<typeof setTimeout> | undefined;
  let source: EventSource;
  const hear = (): void => {
    clearTimeout(lost);
    lost = undefined;
    heard(true);
  };
  const open = (): void => {
    source = new EventSource('/api/live');
    source.addEventListener('open', hear);
    source.addEventListener('overview', (event) => {
      latest = JSON.parse((event as MessageEvent<string>).data) as Overview;
      hear();
      told(latest);
    });
    source.addEventListener('error', () => {
      if (isClosed) return;
      lost ??= setTimeout(() => heard(false), lostMs);
      if (source.readyState !== EventSource.CLOSED) return;
      refused();
      again = setTimeout(open, againMs);
    });
  };
  open();
  return {
    latest: () => latest,
    close: () => {
      isClosed = true;
      clearTimeout(again);
      clearTimeout(lost);
      source.close();
    },
  };
}
