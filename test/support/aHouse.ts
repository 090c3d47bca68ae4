import type { Bus } from '../../src/connectors/bus.ts';
import type { Database } from '../../src/connectors/database.ts';
import { parseKeyRing } from '../../src/message/keyRing.ts';
import { realClock } from '../../src/runtime/clock.ts';
import type { House } from '../../src/runtime/house.ts';
import { silent } from './aSpec.ts';
import { noKeyStore } from './noKeyStore.ts';
import { openGate } from './openGate.ts';

/** A house for the tests of one system: what it does not name is not there, or refuses. */
export function aHouse(parts: Partial<House> & { readonly database: Database; readonly bus: Bus }): House {
  return {
    keyStore: noKeyStore,
    mailer: { send: () => Promise.resolve({ response: '' }), reach: () => Promise.resolve(), close: () => Promise.resolve() },
    openFile: () => Promise.reject(new TypeError('this system writes no file')),
    texter: undefined,
    chat: undefined,
    service: () => undefined,
    webhookSecrets: () => [],
    gate: openGate,
    keyRing: parseKeyRing(`local:${Buffer.alloc(32).toString('base64')}`),
    clock: realClock,
    log: silent,
    count: () => undefined,
    sender: { address: 'bills@weir.example', name: 'Weir' },
    instance: 'test',
    node: 1,
    ...parts,
  };
}
