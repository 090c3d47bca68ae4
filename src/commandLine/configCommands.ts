import type { LoadedOption } from '../../config/load.ts';
import type { PostgresDatabase } from '../connectors/postgres/openDatabase.ts';
import { codeOf, textOf, WeirError, type ErrorCode } from '../errors.ts';
import { missingKeys } from '../message/encryption.ts';
import { parseKeyRing } from '../message/keyRing.ts';
import type { EncryptedRows } from '../runtime/keys/encryptedRows.ts';
import { lackedKeys } from '../runtime/keys/lackedKeys.ts';
import { checkSchema } from './checkSchema.ts';
import { print, readOptions, ready, type CommonFlags, type Place } from './context.ts';
import { exitCodes, isOfConfiguration, type ExitCode } from './exitCodes.ts';
import { openDatabaseOf, openOutside } from './openHouse.ts';
import { table } from './table.ts';

/** How long a dependency may take to answer: as long as a client needs to find out why it does not. */
const reachLimitMs = 10_000;

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

/** What one thing that was asked said. */
interface Check {
  readonly what: string;
  readonly said: string;
  /** Of the error, where it is not right. */
  readonly code?: ErrorCode;
}

/**
 * `weir config check`: all options are right; with `--connect`, everything they name answers and fits. Ends with 78 where a daemon
 * would, and with 1 where it would wait.
 */
export async function checkConfig<P>(place: Place<P>, flags: CommonFlags & { readonly connect?: boolean }): Promise<ExitCode> {
  readOptions(place, flags);
  const checks: Check[] = [{ what: 'options', said: 'right' }];
  if (flags.connect === true) checks.push(...(await connections(place, flags)));
  const rows = checks.map(({ what, said, code }) => ({ what, isRight: code === undefined, said }));
  print(place, flags, rows, () =>
    table(
      ['what', 'state'],
      rows.map(({ what, said }) => [what, said]),
    ),
  );
  if (checks.some(({ code }) => code !== undefined && isOfConfiguration(code))) return exitCodes.configuration;
  return rows.every(({ isRight }) => isRight) ? exitCodes.ok : exitCodes.failed;
}

async function connections<P>(place: Place<P>, flags: CommonFlags): Promise<readonly Check[]> {
  const { options, log } = ready(place, flags);
  const { clock, migrations, systems } = place;
  const database = openDatabaseOf(options.process, clock, log);
  const outside = openOutside(options.process, database, clock, log);
  const { keys } = options.process;
  try {
    const answers = await Promise.all(
      outside.dependencies.map(({ name, reach }) =>
        asked(name, async () => {
          await reach(reachLimitMs);
          return 'reachable';
        }),
      ),
    );
    const topics = await asked('topics', async () => {
      await outside.bus.check(systems.topics);
      return 'as expected';
    });
    const schema = await asked('schema', async () => {
      const { kind, names } = await checkSchema(database, migrations);
      return [kind, ...names].join(' ');
    });
    const ring = schema.code === undefined ? [await asked('keys', () => keysIn(database, keys.ring, systems.encrypted))] : [];
    return [...answers, topics, schema, ...ring];
  } finally {
    await outside.close();
  }
}

/** Says what an answer was, or the sentence of its failure, as a daemon does at its start. */
async function asked(what: string, work: () => Promise<string>): Promise<Check> {
  try {
    return { what, said: await work() };
  } catch (error) {
    return { what, said: textOf(error), code: codeOf(error) };
  }
}

/** Whether everything that is encrypted can be read with this ring. */
async function keysIn(database: PostgresDatabase, ring: string, encrypted: readonly EncryptedRows[]): Promise<string> {
  const lacked = await lackedKeys(database, parseKeyRing(ring), encrypted);
  if (lacked.length > 0) throw new WeirError('keyMissing', missingKeys(lacked));
  return 'all that are used are in the ring';
}
