import type { Overview } from './overview.ts';

/** What the daemon tells by itself. */
export interface Live {
  /** The newest that was told. */
  latest(): Overview | undefined;
  close(): void;
}

/** How what is shown stands to what is: it is told, or the daemon says that it cannot tell it now, or nothing is heard of the daemon. */
export type Hearing = 'live' | 'unknown' | 'lost';

export interface LiveListener {
  readonly told: (overview: Overview) => void;
  /** How it stands from now on. The daemon ends each stream after a minute, and the browser asks for the next: that is no loss. */
  readonly heard: (hearing: Hearing) => void;
  /** It was refused: perhaps the session has ended. */
  readonly refused: () => void;
}

/** After how long a stream that was refused is asked for again, in milliseconds; a lost one is asked for again by the browser itself. */
const againMs = 5_000;

/** After how long without a word the daemon is told to be lost, in milliseconds: it tells every two seconds, later where it is asked much. */
const silenceMs = 10_000;

/** The same once the connection has broken, in milliseconds. */
const brokenMs = 3_000;

/** Listens to the daemon until it is closed; a connection that is lost is opened again. */
export function listen({ told, heard, refused }: LiveListener): Live {
  let latest: Overview | undefined;
  let isClosed = false;
  let isBroken = false;
  let again: ReturnType<typeof setTimeout> | undefined;
  let lost: ReturnType<typeof setTimeout> | undefined;
  let source: EventSource;
  const loseAfter = (ms: number): void => {
    clearTimeout(lost);
    lost = setTimeout(() => heard('lost'), ms);
  };
  const hear = (hearing: Hearing): void => {
    isBroken = false;
    loseAfter(silenceMs);
    heard(hearing);
  };
  const open = (): void => {
    source = new EventSource('/api/live');
    source.addEventListener('overview', (event) => {
      latest = JSON.parse((event as MessageEvent<string>).data) as Overview;
      hear('live');
      told(latest);
    });
    source.addEventListener('unknown', () => hear('unknown'));
    source.addEventListener('error', () => {
      if (isClosed) return;
      if (!isBroken) loseAfter(brokenMs);
      isBroken = true;
      if (source.readyState !== EventSource.CLOSED) return;
      refused();
      again = setTimeout(open, againMs);
    });
  };
  loseAfter(silenceMs);
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
