import { Option, type Command } from 'commander';
import { createToken, listTokens, revokeToken, type TokenRow } from '../console/apiTokens.ts';
import { roles, type Role } from '../console/route.ts';
import { WeirError } from '../errors.ts';
import { auditedChange } from './auditedChange.ts';
import { common, reasonOption } from './commonFlags.ts';
import { print, type CommonFlags, type Place } from './context.ts';
import { exitCodes, type ExitCode } from './exitCodes.ts';
import { instantText } from './instantText.ts';
import { onDatabase } from './onDatabase.ts';
import { table } from './table.ts';

interface TokenFlags extends CommonFlags {
  readonly name: string;
  readonly reason: string;
}

interface NewTokenFlags extends TokenFlags {
  readonly role: Role;
  readonly days?: string;
}

/** Adds `weir tokens create|list|revoke`: they use the database directly, since the first token has to come from somewhere. */
export function addTokenCommands<P>(program: Command, place: Place<P>, end: (code: ExitCode) => void): void {
  const tokens = program.command('tokens').description('tokens of the admin API');
  common(tokens.command('create'))
    .description('make a token and print it, the only time that it is seen')
    .requiredOption('--name <name>', 'who will bear it; given once')
    .addOption(new Option('--role <role>', 'what it may do').choices(roles).makeOptionMandatory())
    .option('--days <number>', 'how many days it is good for; until it is revoked where this is left out')
    .addOption(reasonOption().makeOptionMandatory())
    .action(async (flags: NewTokenFlags) => end(await create(place, flags)));
  common(tokens.command('list'))
    .description('list the tokens, without their secrets')
    .action(async (flags: CommonFlags) => end(await list(place, flags)));
  common(tokens.command('revoke'))
    .description('revoke a token from its next request on')
    .requiredOption('--name <name>', 'which')
    .addOption(reasonOption().makeOptionMandatory())
    .action(async (flags: TokenFlags) => end(await revoke(place, flags)));
}

async function create<P>(place: Place<P>, flags: NewTokenFlags): Promise<ExitCode> {
  const { name, role } = flags;
  if (flags.days !== undefined && !/^[1-9]\d{0,3}$/.test(flags.days)) {
    throw new WeirError('invalidKey', `--days: expected a number from 1 to 9999, got "${flags.days}"`);
  }
  const days = flags.days === undefined ? undefined : Number(flags.days);
  if (!/^[A-Za-z0-9][A-Za-z0-9._-]{0,59}$/.test(name)) {
    throw new WeirError('invalidKey', '--name: expected up to 60 letters, digits, dots, dashes and underscores');
  }
  const token = await auditedChange(
    place,
    flags,
    'tokens.create',
    { name, role, ...(days === undefined ? {} : { days }) },
    (transaction, at, by) => createToken(transaction, { name, role, days, at, by }),
  );
  place.errors.write(`This is the only time that the token is shown. Set WEIR_TOKEN to it, or write it into a file (WEIR_TOKEN_FILE).\n`);
  print(place, flags, { name, role, token }, () => token);
  return exitCodes.ok;
}

async function revoke<P>(place: Place<P>, flags: TokenFlags): Promise<ExitCode> {
  const { name } = flags;
  await auditedChange(place, flags, 'tokens.revoke', { name }, (transaction, at, by) => revokeToken(transaction, { name, at, by }));
  print(place, flags, { name }, () => `${name} is revoked.`);
  return exitCodes.ok;
}

async function list<P>(place: Place<P>, flags: CommonFlags): Promise<ExitCode> {
  const rows = await onDatabase(place, flags, listTokens);
  print(place, flags, rows, () => (rows.length === 0 ? 'There are no tokens yet.' : tokenTable(rows)));
  return exitCodes.ok;
}

function tokenTable(rows: readonly TokenRow[]): string {
  return table(
    ['name', 'role', 'made', 'by', 'ends', 'revoked', 'by'],
    rows.map(({ name, role, createdAt, createdBy, endsAt, revokedAt, revokedBy }) => [
      ...[name, role, instantText(createdAt), createdBy, endsAt ? instantText(endsAt) : undefined],
      ...[revokedAt ? instantText(revokedAt) : undefined, revokedBy ?? undefined],
    ]),
  );
}
