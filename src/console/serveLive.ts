import { finished } from 'node:stream';
import type { FastifyReply } from 'fastify';
import { Problem } from '../http/problem.ts';
import type { Clock } from '../message/clock.ts';
import type { Live } from './overview/live.ts';

/** Pages that listen at once: whoever has a token must not use up the connections of this process. */
const mostListeners = 100;

/** Then a page asks again by itself, and is admitted anew: whose token was revoked is told no more. */
const lastsMs = 60_000;

/** How long a page may take to read the rest, once its stream has ended; then its connection is cut. */
const flushLimitMs = 5_000;

/** Answers requests with events as they come, until their pages go away. */
export class LiveServer {
  readonly #live: Live;
  readonly #clock: Clock;
  #listeners = 0;

  constructor(live: Live, clock: Clock) {
    this.#live = live;
    this.#clock = clock;
  }

  /** Until `endsAt` at the latest, when the session or the token ends that the request was admitted by. */
  serve(reply: FastifyReply, endsAt: Date | null): void {
    if (this.#listeners >= mostListeners) throw new Problem(503, `${mostListeners} pages listen already`);
    const response = reply.hijack().raw;
    this.#listeners += 1;
    response.writeHead(200, {
      ...{ 'content-type': 'text/event-stream', 'cache-control': 'no-store', 'x-content-type-options': 'nosniff' },
      ...{ 'x-accel-buffering': 'no' },
    });
    response.write('retry: 500\n\n');
    const listening = this.#live.add((event) => response.write(event));
    response.on('drain', listening.drained);
    const leftMs = endsAt === null ? lastsMs : Math.max(0, endsAt.getTime() - this.#clock.now().getTime());
    // Forgotten before the stream ends: whoever sleeps does not read its end, and what is written after it would be an error.
    let cancel = this.#clock.after(Math.min(lastsMs, leftMs), () => {
      listening.forget();
      cancel = this.#clock.after(flushLimitMs, () => response.destroy());
      response.end();
    });
    // Also called where he has gone while he was admitted, and `close` has been.
    finished(response, () => {
      this.#listeners -= 1;
      cancel();
      listening.forget();
    });
  }
}
