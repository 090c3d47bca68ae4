import type { Desk } from './desk.ts';
import type { Child } from './dom.ts';

/** Where somebody looks: what the address says behind its `#`. */
export interface Place {
  /** The part behind the view's own: a pipeline's name, an order's number. */
  readonly part: string | undefined;
  readonly query: URLSearchParams;
}

/** What there is to see at a place. */
export interface Sight {
  readonly title: string;
  readonly body: Child;
}

/** A view of the page. Rejects with a `Refusal`, which is shown in its stead. */
export interface View {
  /** `isAgain`: by what the daemon has told live, and not by a step of whoever looks. */
  readonly look: (desk: Desk, place: Place, isAgain: boolean) => Promise<Sight> | Sight;
  /** Whether it is looked at again with everything that the daemon tells live. */
  readonly isLive?: boolean;
}

/** An address within this page. */
export function addressOf(path: readonly string[], query: Readonly<Record<string, string | undefined>> = {}): string {
  const given = Object.entries(query).flatMap(([name, value]) => (value === undefined || value === '' ? [] : [[name, value]]));
  const behind = given.length === 0 ? '' : `?${new URLSearchParams(given).toString()}`;
  return `#/${path.map(encodeURIComponent).join('/')}${behind}`;
}
