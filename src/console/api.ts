import type { Database } from '../connectors/database.ts';
import { Admission } from '../http/admission.ts';
import { Problem } from '../http/problem.ts';
import type { Logger } from '../logging/logger.ts';
import type { Clock } from '../message/clock.ts';
import { writeAudit } from '../runtime/audit.ts';
import type { Json } from '../runtime/jobs/job.ts';
import { findCaller, type Caller } from './apiTokens.ts';
import type { BoundAction, BoundRoute } from './boundRoute.ts';
import { problemOf } from './problemOf.ts';
import { roles } from './route.ts';

export interface ApiParts {
  readonly database: Database;
  readonly clock: Clock;
  readonly log: Logger;
  readonly routes: readonly BoundRoute[];
}

/** What an action may take, in milliseconds: within what its caller waits. */
const actionLimitMs = 20_000;

/**
 * What operators ask and do, whatever carries it. Deny by default: without a good token nothing is answered, not even what there
 * is; a route needs its role. An action and its audit row are one transaction; what was refused or failed is logged and not in
 * the audit. Everything is refused with a `Problem`.
 */
export class Api {
  readonly #parts: ApiParts;
  readonly #routes: ReadonlyMap<string, BoundRoute>;
  readonly #admission: Admission<Caller>;

  constructor(parts: ApiParts) {
    this.#parts = parts;
    this.#routes = new Map(parts.routes.map((route) => [route.name, route]));
    if (this.#routes.size < parts.routes.length) throw new TypeError('two routes have the same name');
    const { database, clock, log } = parts;
    const expected = 'expected the header "Authorization: Bearer weir_…": weir tokens create makes a token';
    this.#admission = new Admission({ clock, log, expected, find: (authorization) => findCaller(database, authorization) });
  }

  /** Who asks, by an `Authorization` header. 401, or 429 for an address that failed too often. */
  async admit(authorization: string | undefined, address: string): Promise<Caller> {
    return this.#admission.admit(authorization, address).catch((error: unknown) => {
      throw problemOf(error);
    });
  }

  /** Answers a question or does an action. */
  async call(caller: Caller, name: string, body: unknown): Promise<Json> {
    const route = this.#routes.get(name);
    try {
      if (route === undefined) throw new Problem(404, `there is no ${name.slice(0, 80)}`);
      if (roles.indexOf(caller.role) < roles.indexOf(route.role)) {
        throw new Problem(403, `${name} needs the role ${route.role}; ${caller.name} is ${caller.role}`);
      }
      return route.kind === 'question' ? await route.answer(body) : await this.#act(caller, route, body);
    } catch (error) {
      const problem = problemOf(error);
      const { status, code, detail } = problem.body;
      // What was not understood may repeat what was sent: names of fields that nobody knows.
      const reason = status === 400 ? 'the input was not understood' : detail;
      const fields = { action: route?.name ?? 'unknown', actor: caller.name, ...(code === undefined ? {} : { code }), reason };
      if (status >= 500) this.#parts.log.error('request failed', fields);
      else this.#parts.log.warn('request refused', fields);
      throw problem;
    }
  }

  async #act(caller: Caller, route: BoundAction, body: unknown): Promise<Json> {
    const { database, clock, log } = this.#parts;
    const prepared = route.prepare(body);
    const { reason, target, input } = prepared;
    const actor = { name: caller.name, reason };
    const result = await database.withTransaction(
      async (transaction) => {
        const done = await prepared.act(transaction, actor);
        await writeAudit(transaction, { at: clock.now(), actor, role: caller.role, action: route.name, target, input, result: done });
        return done;
      },
      { timeLimitMs: actionLimitMs },
    );
    log.info('action done', { action: route.name, actor: caller.name });
    prepared.afterwards();
    return result;
  }
}
