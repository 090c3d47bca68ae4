/** One message to be written. */
export interface Outgoing {
  /** Ordering key. */
  readonly key: string;
  readonly value: Uint8Array;
  readonly headers?: ReadonlyMap<string, string>;
}

/** Where a pipeline or job writes messages. */
export interface Sink {
  /**
   * Writes a chunk, in its order per key; resolves when all of it is durable. On an error any part of it may have been written:
   * the caller writes the whole chunk again, and consumers tolerate the duplicates. `oversize` is refused before anything is
   * sent.
   */
  write(messages: readonly Outgoing[]): Promise<void>;
  close(): Promise<void>;
}
