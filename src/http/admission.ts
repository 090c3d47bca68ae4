import { createHash } from 'node:crypto';
import type { Logger } from '../logging/logger.ts';
import type { Clock } from '../message/clock.ts';
import { FailedAttempts } from './failedAttempts.ts';
import { Problem } from './problem.ts';

export interface AdmissionParts<C> {
  readonly clock: Clock;
  readonly log: Logger;
  /** Who bears the token of an `Authorization` header; undefined where it is none that is good. */
  readonly find: (authorization: string | undefined) => Promise<C | undefined>;
  /** What is told to whoever sends no token. */
  readonly expected: string;
}

/** Tokens that are remembered as good; each is looked up all the same. */
const maxRemembered = 1_000;

/** Lets in whoever bears a good token, and holds back addresses that send wrong ones. Memory: 1,000 hashes and 10,000 addresses. */
export class Admission<C> {
  readonly #parts: AdmissionParts<C>;
  readonly #failed: FailedAttempts;
  /** Hashes of what was good before: whoever guesses from behind the same proxy must not lock the others out. */
  readonly #good = new Set<string>();

  constructor(parts: AdmissionParts<C>) {
    this.#parts = parts;
    this.#failed = new FailedAttempts(parts.clock);
  }

  /** Who asks, by an `Authorization` header. 401, or 429 for an address that failed too often. */
  async admit(authorization: string | undefined, address: string): Promise<C> {
    const { find, log, expected } = this.#parts;
    const waitMs = this.#failed.waitMs(address);
    const digest = createHash('sha256')
      .update(authorization ?? '')
      .digest('base64');
    if (waitMs > 0 && !this.#good.has(digest)) {
      const headers = { 'retry-after': String(Math.ceil(waitMs / 1_000)) };
      throw new Problem(429, 'too many requests without a good token came from this address', { headers });
    }
    const caller = await find(authorization);
    if (caller !== undefined) {
      this.#remember(digest);
      return caller;
    }
    this.#good.delete(digest);
    this.#failed.add(address);
    const detail = authorization === undefined ? expected : 'this token is not known, or was revoked';
    log.warn('request without a good token', { address, reason: detail });
    throw new Problem(401, detail, { headers: { 'www-authenticate': 'Bearer' } });
  }

  #remember(digest: string): void {
    const [oldest] = this.#good;
    if (oldest !== undefined && this.#good.size >= maxRemembered) this.#good.delete(oldest);
    this.#good.add(digest);
  }
}
