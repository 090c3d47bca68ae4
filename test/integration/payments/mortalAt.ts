import type { HttpClient } from '../../../src/connectors/httpClient.ts';
import type { Database } from '../../../src/connectors/database.ts';
import { mortal } from '../jobs/mortal.ts';
import type { Runner } from './aPayments.ts';

/** A process that dies at one moment of its life, with all that it has of the world. */
export interface MortalAt {
  readonly database: Database;
  readonly runner: Required<Runner>;
  /** A call to the outside as this process makes it: it may die before the request and after the answer. */
  around<A extends readonly unknown[], R>(call: (...input: A) => Promise<R>): (...input: A) => Promise<R>;
  /** How many moments it lived through, and what the last one was. */
  readonly where: () => string;
  /** Works until the work is done or it dies; answers whether it lived. Nothing more happens by it then. */
  lives(work: () => Promise<unknown>): Promise<boolean>;
}

const never = new Promise<never>(() => undefined);

/**
 * A process that dies at its n-th moment: before and after each statement, before and after each COMMIT, and before each request to a
 * gateway and after its answer, which is when the gateway has done what the process does not know of.
 */
export function mortalAt(database: Database, lastMoment: number): MortalAt {
  const death = Promise.withResolvers<false>();
  let moments = 0;
  let last = '';
  const dies = (moment: string): boolean => {
    moments += 1;
    last = moment;
    if (moments === lastMoment) death.resolve(false);
    return moments === lastMoment;
  };
  const process = mortal(database, dies);
  const passes = (moment: string): boolean => {
    if (!process.isDead() && dies(moment)) process.kill();
    return !process.isDead();
  };
  const around =
    <A extends readonly unknown[], R>(call: (...input: A) => Promise<R>): ((...input: A) => Promise<R>) =>
    async (...input) => {
      if (!passes('request')) return never;
      const [answer] = await Promise.allSettled([call(...input)]);
      if (!passes('answer')) return never;
      if (answer.status === 'rejected') throw answer.reason;
      return answer.value;
    };
  const wire = (client: HttpClient): HttpClient => ({ ...client, ask: around(client.ask.bind(client)) });
  return {
    database: process.database,
    runner: { holder: 'mortal', clock: process.clock, wire },
    around,
    where: () => `moment ${moments}, ${last}`,
    lives: async (work) => {
      const hasLived = await Promise.race([work().then(() => true), death.promise]);
      process.kill();
      return hasLived;
    },
  };
}
