import { WeirError } from '../src/errors.ts';
import type { Gate } from './gate.ts';

/** A gate before what is not set up: it never opens, so all that needs it waits. `why` says what to set. */
export function shutGate(name: string, why: string): Gate {
  return {
    name,
    isOpen: () => false,
    enter: () => {
      throw new WeirError('unavailable', why);
    },
    onOpen: () => () => undefined,
  };
}
