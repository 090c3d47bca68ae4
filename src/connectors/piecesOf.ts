import type { Outgoing } from './sink.ts';

/** Bounds of what goes out in one request. A message that is larger than `sizeBytes` by itself goes alone. */
export interface PieceLimits {
  readonly count: number;
  readonly sizeBytes: number;
  /** What a message takes in a request, in bytes. */
  readonly sizeOf: (message: Outgoing) => number;
}

/** Cuts a chunk into pieces, in its order: each as large as its limits allow, none empty. */
export function* piecesOf(messages: readonly Outgoing[], { count, sizeBytes, sizeOf }: PieceLimits): Generator<readonly Outgoing[]> {
  let piece: Outgoing[] = [];
  let bytes = 0;
  for (const message of messages) {
    const size = sizeOf(message);
    if (piece.length > 0 && (piece.length === count || bytes + size > sizeBytes)) {
      yield piece;
      piece = [];
      bytes = 0;
    }
    piece.push(message);
    bytes += size;
  }
  if (piece.length > 0) yield piece;
}
