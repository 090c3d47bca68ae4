import { z } from 'zod';
import { skip, type Answer } from '../../src/message/decision.ts';

/** A member who joined, as the topic tells of one. */
export const joinedMember = z.strictObject({ memberId: z.string().regex(/^\d+$/), agreedToMail: z.boolean() });

/** What the greeter is asked for. */
export interface Greeting {
  readonly memberId: bigint;
}

/** Decides whether a member is greeted. */
export function decideGreeting(member: z.infer<typeof joinedMember>): Answer<Greeting> {
  return member.agreedToMail ? { memberId: BigInt(member.memberId) } : skip('did not agree to be written to');
}
