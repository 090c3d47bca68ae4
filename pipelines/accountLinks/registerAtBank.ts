import { WeirError } from '../../src/errors.ts';
import type { RegistrationBank } from './bank/registrationBank.ts';
import { claimOf, unanswered, type DueLink, type Registration } from './registration.ts';

/** The effect of a chain on the bank, and its verdict on what it gave up. */
export interface Registering {
  /**
   * Has the bank register a link. One that was perhaps sent before, in this process or another, is first asked about; what the bank does
   * not know then is sent again, the same under the same key, since it may still be on its way.
   */
  readonly register: (link: DueLink, signal: AbortSignal) => Promise<Registration>;
  /** The verdict on a link that is held no longer: asked in vain, or not asked at all since the bank had gone. */
  readonly putOff: (link: DueLink, until: Date) => Registration;
}

// One for all calls: it tells nothing about its place, and making one for each would cost more than all else that a call takes here.
const silent = new WeirError('timedOut', 'The bank did not answer within the time limit.');

/** For one subscription of a chain: it remembers what it has asked. */
export function registerAtBank(bank: RegistrationBank): Registering {
  const asked = new WeakMap<DueLink, unknown>();
  return {
    register: async function register(link, signal) {
      const { order, wasAsked } = claimOf(link);
      const isKnown = wasAsked || asked.has(link);
      asked.set(link, silent);
      try {
        const before = isKnown ? await bank.find(order.key, signal) : undefined;
        const answer = before === undefined || before.kind === 'notFound' ? await bank.register(order, signal) : before;
        return { kind: 'answered', link, answer };
      } catch (error) {
        // What the signal has ended is told as the time limit.
        if (!signal.aborted) asked.set(link, error);
        throw error;
      }
    },
    putOff: (link, until) => (asked.has(link) ? unanswered(link, asked.get(link)) : { kind: 'notAsked', link, until }),
  };
}
