import { catchError, concat, map, reduce, type Observable } from 'rxjs';
import { mayPass } from '../../src/errors.ts';

/**
 * Attempts all items in one call; when that fails for one item's sake (a permanent error or a defect), each half again, in
 * order, until the item is alone: then `alone` answers for it. Emits one answer for each item, in the same order, once all are
 * known. One bad item among n costs 2 log2(n) calls more and never fails its neighbours.
 *
 * Any other error (transient, unknown) is passed on: the call as a whole may succeed later.
 */
export function halve<T, A>(
  items: readonly T[],
  attempt: (items: readonly T[]) => Observable<readonly A[]>,
  alone: (item: T, error: unknown) => A,
): Observable<readonly A[]> {
  return attempt(items).pipe(
    catchError((error: unknown) => {
      if (mayPass(error)) throw error;
      if (items.length > 1) return bothHalves(items, attempt, alone);
      return [items.map((item) => alone(item, error))];
    }),
  );
}

function bothHalves<T, A>(
  items: readonly T[],
  attempt: (items: readonly T[]) => Observable<readonly A[]>,
  alone: (item: T, error: unknown) => A,
): Observable<readonly A[]> {
  const middle = Math.ceil(items.length / 2);
  return concat(halve(items.slice(0, middle), attempt, alone), halve(items.slice(middle), attempt, alone)).pipe(
    map((answers) => [...answers]),
    reduce((left, right) => left.concat(right)),
  );
}
