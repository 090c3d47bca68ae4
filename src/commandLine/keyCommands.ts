import type { Command } from 'commander';
import type { Database } from '../connectors/database.ts';
import { WeirError } from '../errors.ts';
import { parseKeyRing, type KeyRing } from '../message/keyRing.ts';
import type { Json } from '../runtime/jobs/job.ts';
import { keysInUse, rotateKeys, type KeyUse, type TableRotation } from '../runtime/keys/rotateKeys.ts';
import { stopSignals } from '../runtime/stopSignals.ts';
import { auditCommand } from './auditCommand.ts';
import { common, reasonOption } from './commonFlags.ts';
import { print, ready, type CommonFlags, type Place } from './context.ts';
import { exitCodes, type ExitCode } from './exitCodes.ts';
import { onDatabase } from './onDatabase.ts';
import { progressView, type ProgressState } from './progressBar.ts';
import { table } from './table.ts';

interface RotateFlags extends CommonFlags {
  readonly rate: string;
  readonly reason: string;
}

/** Adds `weir keys list|rotate`: they use the database directly, while everything runs. */
export function addKeyCommands<P>(program: Command, place: Place<P>, end: (code: ExitCode) => void): void {
  const keys = program.command('keys').description('keys of personal data (keys.ring)');
  common(keys.command('list'))
    .description('list the keys, and how many values stand under each')
    .action(async (flags: CommonFlags) => end(await listKeys(place, flags)));
  common(keys.command('rotate'))
    .description(
      'bring all personal data under the current key, the first of the ring; while everything runs, and again after a stop.\n' +
        'Every process must hold that key before: restart each with the key as the second of its ring, then as the first',
    )
    .option('--rate <rows>', 'rows a second at most', '2000')
    .addOption(reasonOption().makeOptionMandatory())
    .action(async (flags: RotateFlags) => end(await rotate(place, flags)));
}

async function listKeys<P>(place: Place<P>, flags: CommonFlags): Promise<ExitCode> {
  const uses = await onDatabase(place, flags, (database, options) =>
    keysInUse(database, parseKeyRing(options.process.keys.ring), place.systems.encrypted),
  );
  print(place, flags, uses, () => useTable(uses));
  return exitCodes.ok;
}

async function rotate<P>(place: Place<P>, flags: RotateFlags): Promise<ExitCode> {
  const rowsPerSecond = Number(flags.rate);
  if (!Number.isInteger(rowsPerSecond) || rowsPerSecond < 1 || rowsPerSecond > 1_000_000) {
    throw new WeirError('invalidKey', '--rate: expected a whole number from 1 to 1,000,000');
  }
  const signals = stopSignals(process, ready(place, flags).log);
  try {
    return await onDatabase(place, flags, async (database, options) => {
      const ring = parseKeyRing(options.process.keys.ring);
      const { clock, systems } = place;
      const begunMs = clock.elapsedMs();
      const view = progressView(place.errors, clock);
      const stateOf = (label: string, done: number): ProgressState => {
        const perSecond = (done * 1_000) / Math.max(1, clock.elapsedMs() - begunMs);
        return { label, done, total: undefined, perSecond };
      };
      const progress = (name: string, rotated: number): void => view.show([stateOf(name, rotated)]);
      await audit(place, database, flags, ring, { state: 'begun' });
      const spec = { database, ring, tables: systems.encrypted, clock, rowsPerSecond, stop: signals.drain, progress };
      const rotations = await rotateKeys(spec);
      view.end(rotations.map(({ table: name, rotated }) => stateOf(name, rotated)));
      const uses = await keysInUse(database, ring, systems.encrypted);
      const isDone = uses.every(({ isCurrent, values }) => isCurrent || values === 0) && rotations.every(({ unopened }) => unopened === 0);
      await audit(place, database, flags, ring, { state: isDone ? 'done' : 'not done', tables: rotations.map((each) => ({ ...each })) });
      print(place, flags, { rotations, keys: uses }, () => [rotationTable(rotations), useTable(uses)].join('\n\n'));
      place.errors.write(`${mustHold(ring)}\n`);
      return isDone ? exitCodes.ok : exitCodes.failed;
    });
  } finally {
    signals.dispose();
  }
}

/** A row when it begins, since it may be killed, and one when it ends. */
async function audit<P>(place: Place<P>, database: Database, flags: RotateFlags, ring: KeyRing, result: Json): Promise<void> {
  const { reason, rate } = flags;
  const { id } = ring.current;
  await auditCommand(place, database, { action: 'keys.rotate', target: `key ${id}`, reason, input: { to: id, rate }, result });
}

function mustHold({ current }: KeyRing): string {
  return `Every process must hold key ${current.id} by now: one that lacks it holds these bills back and does not start again.`;
}

function rotationTable(rotations: readonly TableRotation[]): string {
  return table(
    ['table', 'rows rotated', 'rows that do not open'],
    rotations.map((each) => [each.table, each.rotated, each.unopened]),
  );
}

function useTable(uses: readonly KeyUse[]): string {
  return table(
    ['key', 'values', ''],
    uses.map((use) => [use.key, use.values, adviceOf(use)]),
  );
}

function adviceOf({ isCurrent, isInRing, values }: KeyUse): string {
  if (!isInRing) return 'not in the ring: what stands under it cannot be read';
  if (isCurrent) return 'current';
  return values > 0 ? 'still needed' : 'used by nobody: once every process has this ring, take it out';
}
