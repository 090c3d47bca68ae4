import type { Database } from '../connectors/database.ts';
import { Admission } from '../http/admission.ts';
import { Problem } from '../http/problem.ts';
import type { Logger } from '../logging/logger.ts';
import type { Clock } from '../message/clock.ts';
import { writeAudit } from '../runtime/audit.ts';
import type { Json } from '../runtime/jobs/job.ts';
import type { Caller } from './apiTokens.ts';
import { findBearer } from './credentials.ts';
import type { BoundAction, BoundLook, BoundRoute } from './boundRoute.ts';
import type { Live } from './overview/live.ts';
import { problemOf } from './problemOf.ts';
import { roles } from './route.ts';
import { LiveServer } from './serveLive.ts';
import { closeSession, openSession, type OpenedSession } from './sessions.ts';

export interface ApiParts {
  readonly database: Database;
  readonly clock: Clock;
  readonly log: Logger;
  readonly routes: readonly BoundRoute[];
  /** How everything stands, for pages that listen. */
  readonly live: Live;
}

/** What an action may take, in milliseconds: within what its caller waits. */
const actionLimitMs = 20_000;

/**
 * What operators ask and do, whatever carries it. Deny by default: without a good token nothing is answered, not even what there
 * is; a route needs its role. An action and its audit row are one transaction; what was refused or failed is logged and not in
 * the audit. Everything is refused with a `Problem`.
 */
export class Api {
  readonly live: LiveServer;
  readonly #parts: ApiParts;
  readonly #routes: ReadonlyMap<string, BoundRoute>;
  readonly #admission: Admission<Caller>;

  constructor(parts: ApiParts) {
    this.#parts = parts;
    this.#routes = new Map(parts.routes.map((route) => [route.name, route]));
    if (this.#routes.size < parts.routes.length) throw new TypeError('two routes have the same name');
    const { database, clock, log } = parts;
    this.live = new LiveServer(parts.live, clock);
    const expected = 'expected the header "Authorization: Bearer weir_…": weir tokens create makes a token';
    this.#admission = new Admission({ clock, log, expected, find: (credentials) => findBearer(database, credentials) });
  }

  /** Who asks, by an `Authorization` header or what stands for one. 401, or 429 for an address that failed too often. */
  async admit(credentials: string | undefined, address: string): Promise<Caller> {
    return this.#admission.admit(credentials, address).catch((error: unknown) => {
      throw problemOf(error);
    });
  }

  /** Opens a session for whoever bears a token. The same refusals as `admit`. */
  async openSession(token: string, address: string): Promise<OpenedSession> {
    const caller = await this.admit(`Bearer ${token}`, address);
    const { database, clock, log } = this.#parts;
    const opened = await database.withTransaction(async (transaction) => {
      const actor = { name: caller.name, reason: 'log-in' };
      const facts = { action: 'session.open', target: undefined, input: {}, result: null };
      await writeAudit(transaction, { at: clock.now(), actor, role: caller.role, ...facts });
      return openSession(transaction, caller);
    });
    log.info('session opened', { actor: caller.name });
    return opened;
  }

  /** Ends a session; one that is none, or has ended, is no error. */
  async closeSession(secret: string): Promise<void> {
    await closeSession(this.#parts.database, secret);
  }

  /** Every route, for the document of the API. */
  routes(): readonly BoundRoute[] {
    return this.#parts.routes;
  }

  /** Answers a question, does an action, or lets somebody look, which is written down before. */
  async call(caller: Caller, name: string, body: unknown): Promise<Json> {
    return this.#allowed(caller, name, async (route) => {
      switch (route.kind) {
        case 'question':
          return route.answer(body, caller);
        case 'look':
          return this.#look(caller, route, body);
        case 'action':
          return this.#act(caller, route, body);
      }
    });
  }

  /**
   * Answers what an action would: it is done, and undone. Exact, since an action changes nothing outside the database; nothing of it stays,
   * nor is it in the audit. It needs no reason yet.
   */
  async effectOf(caller: Caller, name: string, body: unknown): Promise<Json> {
    return this.#allowed(caller, name, async (route) => {
      if (route.kind !== 'action') throw new Problem(404, `${name} changes nothing, so it has no effect to tell`);
      const prepared = route.prepare(withReason(body, 'its effect was asked for'));
      const actor = { name: caller.name, reason: prepared.reason };
      let told: Json = null;
      const undone = this.#parts.database.withTransaction(
        async (transaction) => {
          told = await prepared.act(transaction, actor);
          throw new Undone();
        },
        { timeLimitMs: actionLimitMs },
      );
      await undone.catch((error: unknown) => {
        if (!(error instanceof Undone)) throw error;
      });
      return told;
    });
  }

  async #allowed(caller: Caller, name: string, answer: (route: BoundRoute) => Promise<Json>): Promise<Json> {
    const route = this.#routes.get(name);
    try {
      if (route === undefined) throw new Problem(404, `there is no ${name.slice(0, 80)}`);
      if (roles.indexOf(caller.role) < roles.indexOf(route.role)) {
        throw new Problem(403, `${name} needs the role ${route.role}; ${caller.name} is ${caller.role}`);
      }
      return await answer(route);
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

  async #look(caller: Caller, route: BoundLook, body: unknown): Promise<Json> {
    const { database, clock, log } = this.#parts;
    const prepared = route.prepare(body);
    const { reason, target, input } = prepared;
    const actor = { name: caller.name, reason };
    await writeAudit(database, { at: clock.now(), actor, role: caller.role, action: route.name, target, input, result: null });
    log.info('looked', { action: route.name, actor: caller.name });
    return prepared.answer();
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

/** Ends a transaction whose changes nobody wants. */
class Undone extends Error {}

function withReason(body: unknown, reason: string): unknown {
  return typeof body === 'object' && body !== null && !Array.isArray(body) ? { ...body, reason } : body;
}
