import { WeirError } from '../errors.ts';

/** Where a server was to listen. `name` is the branch of its options: `admin`. */
export interface ListenAddress {
  readonly name: string;
  readonly host: string;
  readonly port: number;
}

const strangeAddress = new Set(['EADDRNOTAVAIL', 'ENOTFOUND', 'EACCES']);

/** Why a server cannot listen, in one sentence that names the options to change; what is no fault of an option, as it is. */
export function listenFailure(error: unknown, { name, host, port }: ListenAddress): unknown {
  const { code = '' } = error as NodeJS.ErrnoException;
  const variable = `WEIR_${name.toUpperCase()}`;
  if (strangeAddress.has(code)) {
    const sentence = `the ${name} port cannot listen on ${host}:${port} (${code}): set ${name}.host (${variable}_HOST) to an address of this machine and ${name}.port above 1023`;
    return new WeirError('invalidOption', sentence, { cause: error });
  }
  if (code !== 'EADDRINUSE') return error;
  const sentence = `port ${port} on ${host} is in use: set ${name}.port (${variable}_PORT) to a free one, or 0 for any`;
  return new WeirError('portInUse', sentence, { cause: error });
}
