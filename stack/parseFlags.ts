import { parseArgs } from 'node:util';

/**
 * The flags of this process, each with a text. `--help` prints the usage and ends with 0; what is not known ends with 2, its
 * reason and the usage.
 */
export function parseFlags<const N extends string>(usage: string, names: readonly N[]): Partial<Record<N, string>> {
  try {
    const options = Object.fromEntries(names.map((name) => [name, { type: 'string' as const }]));
    const { values } = parseArgs({ options: { ...options, help: { type: 'boolean' } } });
    const { help, ...given } = values as Partial<Record<string, string>>;
    if (help === undefined) return given as Partial<Record<N, string>>;
    console.log(usage);
    process.exit(0);
  } catch (error) {
    console.error(`${(error as Error).message}\n\n${usage}`);
    process.exit(2);
  }
}
