import type { LoadedOption } from '../../config/load.ts';
import type { PostgresDatabase } from '../connectors/postgres/openDatabase.ts';
import { schemaState } from '../connectors/postgres/schemaState.ts';
import { textOf } from '../errors.ts';
import { missingKeys } from '../message/encryption.ts';
import { parseKeyRing } from '../message/keyRing.ts';
import { lackedKeys } from '../runtime/keys/lackedKeys.ts';
import { print, readOptions, ready, type CommonFlags, type Place } from './context.ts';
import { exitCodes, type ExitCode } from './exitCodes.ts';
import { openDatabaseOf, openOutside } from './openHouse.ts';
import type { ProcessOptions } from './systems.ts';
import { table } from './table.ts';

const masked = '••••••';

/** `weir config print`: every option, its value, unit and origin; secrets masked. */
export function printConfig<P>(place: Place<P>, flags: CommonFlags): ExitCode {
  const { list } = readOptions(place, flags);
  const rows = list.map((option) => ({ path: option.path, value: shown(option), unit: option.unit, origin: option.origin }));
  print(place, flags, rows, () =>
    table(
      ['option', 'value', 'unit', 'from'],
      rows.map(({ path, value, unit, origin }) => [path, value, unit ?? '', origin]),
    ),
  );
  return exitCodes.ok;
}

function shown({ value, isSecret }: LoadedOption): string {
  if (isSecret === true) return masked;
  return Array.isArray(value) ? value.join(', ') : String(value);
}

interface Check {
  readonly what: string;
  readonly isRight: boolean;
  readonly said: string;
}

/** `weir config check`: all options are right; with `--connect`, everything they name answers. */
export async function checkConfig<P>(place: Place<P>, flags: CommonFlags & { readonly connect?: boolean }): Promise<ExitCode> {
  readOptions(place, flags);
  const checks: Check[] = [{ what: 'options', isRight: true, said: 'right' }];
  if (flags.connect === true) checks.push(...(await connections(place, flags)));
  print(place, flags, checks, () =>
    table(
      ['what', 'state'],
      checks.map(({ what, said }) => [what, said]),
    ),
  );
  return checks.every(({ isRight }) => isRight) ? exitCodes.ok : exitCodes.failed;
}

async function connections<P>(place: Place<P>, flags: CommonFlags): Promise<readonly Check[]> {
  const { options, log } = ready(place, flags);
  const database = openDatabaseOf(options.process, place.clock, log);
  const outside = openOutside(options.process, database, place.clock, log);
  try {
    const reached = await Promise.all(outside.dependencies.map(async ({ name, isReachable }) => ({ name, isRight: await isReachable() })));
    const answers = reached.map(({ name, isRight }) => ({ what: name, isRight, said: isRight ? 'reachable' : 'unreachable' }));
    const schema = await schemaCheck(place, database);
    return [...answers, schema, ...(schema.isRight ? [await keyCheck(place, options.process, database)] : [])];
  } finally {
    await outside.close();
  }
}

async function schemaCheck<P>(place: Place<P>, database: PostgresDatabase): Promise<Check> {
  try {
    const { kind, names } = await schemaState(database, place.migrations);
    return { what: 'schema', isRight: kind === 'current', said: [kind, ...names].join(' ') };
  } catch (error) {
    return { what: 'schema', isRight: false, said: textOf(error) };
  }
}

/** Whether everything that is encrypted can be read with this ring. */
async function keyCheck<P>({ systems }: Place<P>, { keys }: ProcessOptions, database: PostgresDatabase): Promise<Check> {
  try {
    const lacked = await lackedKeys(database, parseKeyRing(keys.ring), systems.encrypted);
    return {
      what: 'keys',
      isRight: lacked.length === 0,
      said: lacked.length === 0 ? 'all that are used are in the ring' : missingKeys(lacked),
    };
  } catch (error) {
    return { what: 'keys', isRight: false, said: textOf(error) };
  }
}
