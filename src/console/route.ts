import type { z } from 'zod';
import type { Transaction } from '../connectors/database.ts';
import type { Json } from '../runtime/jobs/job.ts';

/** Who may do what: each role may also do what those before it may. */
export const roles = ['viewer', 'operator', 'admin'] as const;

export type Role = (typeof roles)[number];

/** What questions and actions have in common. */
interface RouteFacts<I> {
  /** `group.verb`: `billing.find` is `/api/billing/find` and `weir billing find`. */
  readonly name: string;
  /** One sentence for the help of the command line and for the document of the API. */
  readonly about: string;
  /** The least role that may ask or act. */
  readonly role: Role;
  /** What it is given: an object whose fields are described (`.meta({ description })`). What it does not know is refused. */
  readonly input: z.ZodType<I>;
}

/** Something that an operator may ask of a running daemon. It changes nothing. */
export interface Question<P, I> extends RouteFacts<I> {
  readonly kind: 'question';
  answer(ports: P, input: I): Promise<Json>;
}

/** Something that an operator may do to a running daemon, with a reason. */
export interface Action<P, I> extends RouteFacts<I> {
  readonly kind: 'action';
  /**
   * Does it, in the transaction that also holds its audit row: either both are there or neither. So it calls nobody outside the
   * database; what has to be told to the outside is written down here and done afterwards by whoever reads it. `actor` is the
   * name of the token. What is answered is shown to the operator and kept in the audit: without personal data.
   */
  act(transaction: Transaction, ports: P, input: I, actor: Actor): Promise<Json>;
}

/** Who acts, and why. */
export interface Actor {
  readonly name: string;
  readonly reason: string;
}

/** One thing that operators may ask or do: an address of the admin API, its role, its audit and its command, in one declaration. */
export type Route<P> = Question<P, unknown> | Action<P, unknown>;

/** Declares a question. */
export function defineQuestion<P, I>(question: Omit<Question<P, I>, 'kind'>): Question<P, I> {
  return { ...question, kind: 'question' };
}

/** Declares an action. */
export function defineAction<P, I>(action: Omit<Action<P, I>, 'kind'>): Action<P, I> {
  return { ...action, kind: 'action' };
}
