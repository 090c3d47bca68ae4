import { WeirError } from '../errors.ts';

/** What bears a name; `notFound` tells which there are. `what` is for people: `job`. */
export function requireNamed<T extends { readonly name: string }>(what: string, known: readonly T[], wanted: string): T {
  const found = known.find(({ name }) => name === wanted);
  if (found !== undefined) return found;
  throw new WeirError('notFound', `there is no ${what} ${wanted}; there are ${known.map(({ name }) => name).join(', ')}`);
}
