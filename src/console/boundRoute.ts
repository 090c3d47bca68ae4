import { z } from 'zod';
import type { Transaction } from '../connectors/database.ts';
import { expectation } from '../expectation.ts';
import { Problem, type FieldProblem } from '../http/problem.ts';
import type { Json } from '../runtime/jobs/job.ts';
import { maskedInput } from './audit.ts';
import { fieldsOf } from '../http/field.ts';
import type { Action, Actor, Question, Role, Route } from './route.ts';

interface Bound {
  readonly name: string;
  readonly role: Role;
}

/** A question with its ports: all that is left to give is the body of a request. */
export interface BoundQuestion extends Bound {
  readonly kind: 'question';
  answer(body: unknown): Promise<Json>;
}

/** What an action is about to do, its body understood. */
export interface PreparedAction {
  readonly reason: string;
  readonly target: string | undefined;
  /** As the audit keeps it. */
  readonly input: Json;
  act(transaction: Transaction, actor: Actor): Promise<Json>;
  afterwards(): void;
}

/** An action with its ports. */
export interface BoundAction extends Bound {
  readonly kind: 'action';
  /** Throws a `Problem` that names every wrong field. */
  prepare(body: unknown): PreparedAction;
}

export type BoundRoute = BoundQuestion | BoundAction;

/** Joins routes with the ports that they were declared for. */
export function bindRoutes<P>(routes: readonly Route<P>[], ports: P): readonly BoundRoute[] {
  return routes.map((route) => (route.kind === 'question' ? bindQuestion(route, ports) : bindAction(route, ports)));
}

function bindQuestion<P>(route: Question<P, unknown>, ports: P): BoundQuestion {
  const { name, role, kind } = route;
  return { name, role, kind, answer: (body) => route.answer(ports, understood(route.input, body)) };
}

const reasonBody = z.looseObject({ reason: z.string().trim().min(1, 'expected why it is done').max(500) });

function bindAction<P>(route: Action<P, unknown>, ports: P): BoundAction {
  const { name, role, kind } = route;
  return {
    ...{ name, role, kind },
    prepare: (body) => {
      const { reason, ...rest } = understood(reasonBody, body);
      const input = understood(route.input, rest);
      return {
        reason,
        target: route.target?.(input),
        input: maskedInput(route.input, input),
        act: (transaction, actor) => route.act(transaction, ports, input, actor),
        afterwards: () => route.afterwards?.(ports, input),
      };
    },
  };
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
