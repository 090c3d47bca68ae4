import type { z } from 'zod';
import type { Transaction } from '../connectors/database.ts';
import type { Json } from '../runtime/jobs/job.ts';
import { fieldsOf } from '../http/field.ts';

/** Who may do what: each role may also do what those before it may. */
export const roles = ['viewer', 'operator', 'admin'] as const;

export type Role = (typeof roles)[number];

/** What questions and actions have in common. */
interface RouteFacts<I> {
  /** `group.verb`: `billing.find` is `POST /api/billing/find` and `weir billing find`. */
  readonly name: string;
  /** One sentence for the help of the command line and for the document of the API. */
  readonly about: string;
  /** The least role that may ask or act. */
  readonly role: Role;
  /**
   * What it is given: a strict object, so that what it does not know is refused, whose fields are described
   * (`.meta({ description })`). A field that carries personal data says so (`.meta({ description, isPersonal: true })`) and is
   * masked in the audit. Input never stands in an address, since proxies write those down.
   */
  readonly input: z.ZodType<I>;
  /** How long the command line waits for what takes longer than any other, in milliseconds; 30,000 where it is absent. */
  readonly answerLimitMs?: number;
  /**
   * Further ways in which the command line prints an answer, by the name that `--format` takes. `table` and `json` are there by themselves.
   * Each gets what the daemon has answered, which may be of another version.
   */
  readonly formats?: Readonly<Record<string, (answer: Json) => string>>;
  /**
   * Whether an answer has findings: of what checks something, that it was read is no success yet. The command line prints it like any other,
   * and ends with 1. It gets what the daemon has answered, which may be of another version.
   */
  readonly hasFindings?: (answer: Json) => boolean;
  /** Fields that the command line takes by their place and not by their name: `weir pipelines pause billing.deliver`. */
  readonly words?: readonly string[];
  /** The command line has a command of this name that needs no daemon. */
  readonly hasOwnCommand?: boolean;
}

/** Something that an operator may ask of a running daemon. It changes nothing. */
export interface Question<P, I> extends RouteFacts<I> {
  readonly kind: 'question';
  /** Without personal data that whoever has the role should not see. `asker`: for what is not the same for everybody. */
  answer(ports: P, input: I, asker: Asker): Promise<Json>;
}

/**
 * A question whose answer holds personal data in clear: who asks says why, and that he has looked stands in the audit before he is answered.
 * What he was answered does not.
 */
export interface Look<P, I> extends RouteFacts<I> {
  readonly kind: 'look';
  /** At whom, in a few words for the audit and without personal data. */
  target(input: I): string;
  answer(ports: P, input: I): Promise<Json>;
}

/** Something that an operator may do to a running daemon, with a reason: `reason` is a field of every action besides its own. */
export interface Action<P, I> extends RouteFacts<I> {
  readonly kind: 'action';
  /** What it acts on, in a few words for the audit and without personal data; absent where there is but one. */
  target?(input: I): string;
  /**
   * Does it, in the transaction that also holds its audit row: either both are there or neither. It may be run again after a
   * conflict. So it changes nothing outside the database; what has to be told to the outside is written down here and done
   * afterwards by whoever reads it. What is answered is shown to the operator and kept in the audit: without personal data.
   */
  act(transaction: Transaction, ports: P, input: I, actor: Actor): Promise<Json>;
  /** Called in this process after the commit: for what concerns it alone, or wakes it. A crash before it loses it. */
  afterwards?(ports: P, input: I): void;
}

/** Who asks: the name of the token, and its role. */
export interface Asker {
  readonly name: string;
  readonly role: Role;
}

/** Who acts, and why. */
export interface Actor {
  /** The name of the token, or `cli:user@host`. */
  readonly name: string;
  readonly reason: string;
}

/** One thing that operators may ask or do: an address of the admin API, its role, its audit and its command, in one declaration. */
export type Route<P> = Question<P, unknown> | Look<P, unknown> | Action<P, unknown>;

/** A sentence for each group of routes, the part of their names before the dot. */
export type RouteGroups = Readonly<Record<string, string>>;

/** Declares a question. Throws `TypeError` for a declaration that no caller could use. */
export function defineQuestion<P, I>(question: Omit<Question<P, I>, 'kind'>): Question<P, I> {
  requireWhole(question);
  return { ...question, kind: 'question' };
}

/** Declares a look. Throws `TypeError` for a declaration that no caller could use. */
export function defineLook<P, I>(look: Omit<Look<P, I>, 'kind'>): Look<P, I> {
  requireWhole(look);
  requireNoReason(look);
  return { ...look, kind: 'look' };
}

/** Declares an action. Throws `TypeError` for a declaration that no caller could use. */
export function defineAction<P, I>(action: Omit<Action<P, I>, 'kind'>): Action<P, I> {
  requireWhole(action);
  requireNoReason(action);
  return { ...action, kind: 'action' };
}

function requireNoReason({ name, input }: Pick<RouteFacts<unknown>, 'name' | 'input'>): void {
  if (fieldsOf(input).some((field) => field.name === 'reason')) throw new TypeError(`${name} has a field reason: it has one anyway`);
}

function requireWhole({ name, input, formats, words = [] }: Pick<RouteFacts<unknown>, 'name' | 'input' | 'formats' | 'words'>): void {
  if (!/^[a-z][a-z-]*\.[a-z][a-z-]*$/.test(name)) throw new TypeError(`${name} is not a route's name: group.verb`);
  const fields = fieldsOf(input).map((field) => field.name);
  if (formats !== undefined && fields.includes('format')) throw new TypeError(`${name} has a field format: the command line has`);
  const strange = words.filter((word) => !fields.includes(word));
  if (strange.length > 0) throw new TypeError(`${name} has no field ${strange.join(', ')}`);
}
