import { type Command } from 'commander';
import { createApiCaller, listApiCallers, revokeApiCaller, type ApiCallerRow } from '../api/callerTokens.ts';
import { WeirError } from '../errors.ts';
import { auditedChange } from './auditedChange.ts';
import { common, reasonOption } from './commonFlags.ts';
import { print, type CommonFlags, type Place } from './context.ts';
import { exitCodes, type ExitCode } from './exitCodes.ts';
import { instantText } from './instantText.ts';
import { onDatabase } from './onDatabase.ts';
import { table } from './table.ts';

interface CallerFlags extends CommonFlags {
  readonly name: string;
  readonly account?: readonly string[];
  readonly reason: string;
}

/** Adds `weir callers create|list|revoke`: those who use the public API, each with the accounts that it may act on. */
export function addCallerCommands<P>(program: Command, place: Place<P>, end: (code: ExitCode) => void): void {
  const callers = program.command('callers').description('callers of the public API');
  common(callers.command('create'))
    .description('make a caller and print its token, the only time that it is seen')
    .requiredOption('--name <name>', 'who will bear it; given once')
    .option('--account <id...>', 'an account that it may act on (repeatable)')
    .addOption(reasonOption().makeOptionMandatory())
    .action(async (flags: CallerFlags) => end(await create(place, flags)));
  common(callers.command('list'))
    .description('list the callers, without their secrets')
    .action(async (flags: CommonFlags) => end(await list(place, flags)));
  common(callers.command('revoke'))
    .description("revoke a caller's token from its next request on")
    .requiredOption('--name <name>', 'which')
    .addOption(reasonOption().makeOptionMandatory())
    .action(async (flags: CallerFlags) => end(await revoke(place, flags)));
}

async function create<P>(place: Place<P>, flags: CallerFlags): Promise<ExitCode> {
  const { name, account: accounts = [] } = flags;
  if (!/^[A-Za-z0-9][A-Za-z0-9._-]{0,59}$/.test(name)) {
    throw new WeirError('invalidKey', '--name: expected up to 60 letters, digits, dots, dashes and underscores');
  }
  const token = await auditedChange(place, flags, 'callers.create', { name, accounts }, (transaction, at, by) =>
    createApiCaller(transaction, { name, accounts, at, by }),
  );
  place.errors.write('This is the only time that the token is shown. It is sent as "Authorization: Bearer <token>".\n');
  print(place, flags, { name, accounts, token }, () => token);
  return exitCodes.ok;
}

async function revoke<P>(place: Place<P>, flags: CallerFlags): Promise<ExitCode> {
  const { name } = flags;
  await auditedChange(place, flags, 'callers.revoke', { name }, (transaction, at, by) => revokeApiCaller(transaction, { name, at, by }));
  print(place, flags, { name }, () => `${name} is revoked.`);
  return exitCodes.ok;
}

async function list<P>(place: Place<P>, flags: CommonFlags): Promise<ExitCode> {
  const rows = await onDatabase(place, flags, listApiCallers);
  print(place, flags, rows, () => (rows.length === 0 ? 'There are no callers yet.' : callerTable(rows)));
  return exitCodes.ok;
}

function callerTable(rows: readonly ApiCallerRow[]): string {
  return table(
    ['name', 'accounts', 'made', 'by', 'revoked', 'by'],
    rows.map(({ name, accounts, createdAt, createdBy, revokedAt, revokedBy }) => [
      ...[name, accounts.join(' '), instantText(createdAt), createdBy],
      ...[revokedAt ? instantText(revokedAt) : undefined, revokedBy ?? undefined],
    ]),
  );
}
