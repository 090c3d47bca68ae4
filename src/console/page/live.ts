import type { Overview } from './overview.ts';

/** What the daemon tells by itself. */
export interface Live {
  /** The newest that was told. */
  latest(): Overview | undefined;
  close(): void;
}

export interface LiveListener {
  readonly told: (overview: Overview) => void;
  /** Whether it is heard of, each time that changes. */
  readonly heard: (isHeard: boolean) => void;
  /** It was refused: perhaps the session has ended. */
  readonly refused: () => void;
}

/** After how long a stream that was refused is asked for again, in milliseconds; a lost one is asked for again by the browser itself. */
const againMs = 5_000;

/** Listens to the daemon until it is closed; a connection that is lost is opened again. */
export function listen({ told, heard, refused }: LiveListener): Live {
  let latest: Overview | undefined;
  let isClosed = false;
  let again: ReturnType<typeof setTimeout> | undefined;
  let source: EventSource;
  const open = (): void => {
    source = new EventSource('/api/live');
    source.addEventListener('open', () => heard(true));
    source.addEventListener('overview', (event) => {
      latest = JSON.parse((event as MessageEvent<string>).data) as Overview;
      heard(true);
      told(latest);
    });
    source.addEventListener('error', () => {
      if (isClosed) return;
      heard(false);
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
      source.close();
    },
  };
}
