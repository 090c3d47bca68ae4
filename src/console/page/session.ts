import { ask, Refusal } from './api.ts';

/** Who may do what: each role may also do what those before it may. */
export const roles = ['viewer', 'operator', 'admin'] as const;

export type Role = (typeof roles)[number];

/** Who looks at this page. */
export interface Session {
  readonly name: string;
  readonly role: Role;
  readonly endsAt: string;
  readonly instance?: string;
}

/** Exchanges a token for a session, which the browser keeps where no script reads it. */
export async function openSession(token: string): Promise<void> {
  await ask('session.open', { token });
}

/** The session that stands; undefined where there is none. */
export async function showSession(): Promise<Session | undefined> {
  try {
    return await ask<Session>('session.show');
  } catch (error) {
    if (error instanceof Refusal && error.status === 401) return undefined;
    throw error;
  }
}

export async function closeSession(): Promise<void> {
  await ask('session.close');
}

/** Whether a role may do what another is asked for. */
export function mayDo(has: Role, needed: Role): boolean {
  return roles.indexOf(has) >= roles.indexOf(needed);
}
