import type { KeyStore } from '../../src/connectors/keyStore.ts';

const refuse = (): never => {
  throw new TypeError('what is tested here needs no keys of Redis');
};

/** For worlds without Redis: whoever asks it fails. */
export const noKeyStore: KeyStore = { run: refuse, runScript: refuse };
