import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';

/** The page's module, which is written for browsers and compiled apart from everything here. */
interface PageLive {
  readonly listen: (listener: { readonly told: () => void; readonly heard: (hearing: string) => void; readonly refused: () => void }) => {
    readonly close: () => void;
  };
}
const { listen } = (await import(join(import.meta.dirname, '../../src/console/page/live.ts'))) as PageLive;

/** A browser's source of events, which is told what the daemon tells. */
class Source extends EventTarget {
  static readonly CLOSED = 2;
  static newest: Source;
  readyState = 1;
  constructor() {
    super();
    Source.newest = this;
  }
  close(): void {
    this.readyState = Source.CLOSED;
  }
}

let heard: string[];
let live: ReturnType<PageLive['listen']>;

beforeEach(() => {
  vi.useFakeTimers();
  vi.stubGlobal('EventSource', Source);
  heard = [];
  live = listen({ told: () => undefined, heard: (hearing) => void heard.push(hearing), refused: () => undefined });
});

afterEach(() => {
  live.close();
  vi.unstubAllGlobals();
  vi.useRealTimers();
});

function tell(event: 'overview' | 'unknown'): void {
  Source.newest.dispatchEvent(new MessageEvent(event, { data: '{}' }));
}

describe('what the page says of the daemon', () => {
  it('is live while it is told', () => {
    for (let look = 0; look < 60; look += 1) {
      tell('overview');
      vi.advanceTimersByTime(2_000);
    }
    expect(new Set(heard)).toEqual(new Set(['live']));
  });

  it('is lost where nothing is heard although the connection stands: a process that is stopped, a cable that is pulled', () => {
    tell('overview');
    vi.advanceTimersByTime(10_000);
    expect(heard.at(-1)).toBe('lost');
    tell('overview');
    expect(heard.at(-1)).toBe('live');
  });

  it('is lost where no connection is ever made', () => {
    vi.advanceTimersByTime(10_000);
    expect(heard).toEqual(['lost']);
  });

  it('is unknown where the daemon says that it cannot tell', () => {
    tell('overview');
    tell('unknown');
    expect(heard.at(-1)).toBe('unknown');
  });

  it('is no loss when a stream ends after its minute, and is one when it does not begin anew', () => {
    tell('overview');
    Source.newest.dispatchEvent(new Event('error'));
    vi.advanceTimersByTime(1_000);
    expect(heard).toEqual(['live']);
    // The browser tries, and tells each time that it could not.
    for (let attempt = 0; attempt < 4; attempt += 1) {
      Source.newest.dispatchEvent(new Event('error'));
      vi.advanceTimersByTime(1_000);
    }
    expect(heard).toEqual(['live', 'lost']);
  });
});
