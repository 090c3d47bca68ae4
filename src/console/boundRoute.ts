import { z } from 'zod';
import type { Transaction } from '../connectors/database.ts';
import { expectation } from '../expectation.ts';
import { Problem, type FieldProblem } from '../http/problem.ts';
import type { Json } from '../runtime/jobs/job.ts';
import { maskedInput } from './audit.ts';
import { fieldsOf } from '../http/field.ts';
import type { Action, Actor, Asker, Look, Question, Role, Route } from './route.ts';

interface Bound {
  readonly name: string;
  readonly role: Role;
  readonly about: string;
  /** Without the reason, which looks and actions have besides. */
  readonly input: z.ZodType;
}

/** A question with its ports: all that is left to give is the body of a request. */
export interface BoundQuestion extends Bound {
  readonly kind: 'question';
  answer(body: unknown, asker: Asker): Promise<Json>;
}

/** What a look or an action is about to do, its body understood. */
interface Prepared {
  readonly reason: string;
  readonly target: string | undefined;
  /** As the audit keeps it. */
  readonly input: Json;
}

export interface PreparedLook extends Prepared {
  answer(): Promise<Json>;
}

/** A look with its ports. */
export interface BoundLook extends Bound {
  readonly kind: 'look';
  /** Throws a `Problem` that names every wrong field. */
  prepare(body: unknown): PreparedLook;
}

export interface PreparedAction extends Prepared {
  act(transaction: Transaction, actor: Actor): Promise<Json>;
  afterwards(): void;
}

/** An action with its ports. */
export interface BoundAction extends Bound {
  readonly kind: 'action';
  /** Throws a `Problem` that names every wrong field. */
  prepare(body: unknown): PreparedAction;
}

export type BoundRoute = BoundQuestion | BoundLook | BoundAction;

/** Joins routes with the ports that they were declared for. */
export function bindRoutes<P>(routes: readonly Route<P>[], ports: P): readonly BoundRoute[] {
  return routes.map((route) => bound(route, ports));
}

function bound<P>(route: Route<P>, ports: P): BoundRoute {
  switch (route.kind) {
    case 'question':
      return bindQuestion(route, ports);
    case 'look':
      return bindLook(route, ports);
    case 'action':
      return bindAction(route, ports);
  }
}

function bindQuestion<P>(route: Question<P, unknown>, ports: P): BoundQuestion {
  const { name, role, kind, about, input } = route;
  return { name, role, kind, about, input, answer: (body, asker) => route.answer(ports, understood(input, body), asker) };
}

function bindLook<P>(route: Look<P, unknown>, ports: P): BoundLook {
  const { name, role, kind, about, input: schema } = route;
  return {
    ...{ name, role, kind, about, input: schema },
    prepare: (body) => {
      const { input, prepared } = preparedFor(route, body);
      return { ...prepared, answer: () => route.answer(ports, input) };
    },
  };
}

const reasonBody = z.looseObject({ reason: z.string().trim().min(1, 'expected why it is done').max(500) });

function bindAction<P>(route: Action<P, unknown>, ports: P): BoundAction {
  const { name, role, kind, about, input: schema } = route;
  return {
    ...{ name, role, kind, about, input: schema },
    prepare: (body) => {
      const { input, prepared } = preparedFor(route, body);
      return {
        ...prepared,
        act: (transaction, actor) => route.act(transaction, ports, input, actor),
        afterwards: () => route.afterwards?.(ports, input),
      };
    },
  };
}

/** The reason and the input of a body, each refused by its own words. */
function preparedFor<P>(
  route: Look<P, unknown> | Action<P, unknown>,
  body: unknown,
): { readonly input: unknown; readonly prepared: Prepared } {
  const { reason, ...rest } = understood(reasonBody, body);
  const input = understood(route.input, rest);
  return { input, prepared: { reason, target: route.target?.(input), input: maskedInput(route.input, input) } };
}

function understood<I>(schema: z.ZodType<I>, body: unknown): I {
  const { success, data, error } = schema.safeParse(body);
  if (success) return data;
  const fields = error.issues.flatMap((issue) => problemsOf(schema, issue));
  throw new Problem(400, expectation(error), { code: 'invalidKey', fields });
}

/** Names fields and what was expected, never a value. */
function problemsOf(schema: z.ZodType, issue: z.core.$ZodIssue): readonly FieldProblem[] {
  if (issue.code !== 'unrecognized_keys') return [{ field: issue.path.map(String).join('.'), expected: issue.message }];
  const known =
    schema === reasonBody
      ? ''
      : fieldsOf(schema)
          .map(({ name }) => name)
          .join(', ');
  return issue.keys.map((field) => ({ field, expected: `no such field; there are ${known}` }));
}
