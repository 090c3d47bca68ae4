import type { FastifyReply } from 'fastify';
import { Problem } from '../http/problem.ts';
import type { Clock } from '../message/clock.ts';
import type { Live } from './overview/live.ts';

/** Pages that listen at once: whoever has a token must not use up the connections of this process. */
const mostListeners = 100;

/** Then a page asks again by itself, and is admitted anew: whose session has ended is told no more. */
const lastsMs = 60_000;

/** Answers requests with events as they come, until their pages go away. */
export class LiveServer {
  readonly #live: Live;
  readonly #clock: Clock;
  #listeners = 0;

  constructor(live: Live, clock: Clock) {
    this.#live = live;
    this.#clock = clock;
  }

  serve(reply: FastifyReply): void {
    if (this.#listeners >= mostListeners) throw new Problem(503, `${mostListeners} pages listen already`);
    this.#listeners += 1;
    const response = reply.hijack().raw;
    response.writeHead(200, {
      ...{ 'content-type': 'text/event-stream', 'cache-control': 'no-store', 'x-content-type-options': 'nosniff' },
      ...{ 'x-accel-buffering': 'no' },
    });
    response.write('retry: 500\n\n');
    const listening = this.#live.add((event) => response.write(event));
    const cancel = this.#clock.after(lastsMs, () => response.end());
    response.on('drain', listening.drained);
    response.once('close', () => {
      this.#listeners -= 1;
      cancel();
      listening.forget();
    });
  }
}
