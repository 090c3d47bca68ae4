import type { FoundBill, RedispatchKind } from './redispatchPart.ts';

/** What a redispatch would do: bills by kind. */
export interface RedispatchPreview {
  add(bills: readonly FoundBill[]): void;
  summary(): { readonly asOf: string; readonly due: number; readonly lost: number; readonly toPark: number; readonly texts: number };
}

/** Makes an empty preview of a run at a time. */
export function redispatchPreview(asOf: string): RedispatchPreview {
  const counts: Record<RedispatchKind, number> = { due: 0, lost: 0, expired: 0, text: 0 };
  return {
    add(bills) {
      for (const { part } of bills) counts[part.kind] += 1;
    },
    summary: () => ({ asOf, due: counts.due, lost: counts.lost, toPark: counts.expired, texts: counts.text }),
  };
}
