import { parseArgs } from 'node:util';

/**
 * The flags of this process: those with a text, and switches. `--help` prints the usage and ends with 0; what is not known ends
 * with 2, its reason and the usage.
 */
export function parseFlags<const N extends string, const S extends string = never>(
  usage: string,
  names: readonly N[],
  switches: readonly S[] = [],
): Partial<Record<N, string> & Record<S, boolean>> {
  try {
    const options = Object.fromEntries([
      ...names.map((name) => [name, { type: 'string' as const }]),
      ...switches.map((name) => [name, { type: 'boolean' as const }]),
    ]) as Record<string, { type: 'string' | 'boolean' }>;
    const { values } = parseArgs({ options: { ...options, help: { type: 'boolean' } } });
    const { help, ...given } = values;
    if (help === undefined) return given;
    console.log(usage);
    process.exit(0);
  } catch (error) {
    console.error(`${(error as Error).message}\n\n${usage}`);
    process.exit(2);
  }
}
