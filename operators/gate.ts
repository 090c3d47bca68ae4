/**
 * Holds effects back while the outside system that they need is not there. While it is closed, messages wait unclaimed and in
 * line, so the window fills and the source reads no more; nothing is tried, counted or put off. Shared by all stages that need
 * the same system.
 */
export interface Gate {
  /** What is behind it (`smtp`), for people. */
  readonly name: string;
  /** Whether an effect may enter now. */
  isOpen(): boolean;
  /** Lets one effect in; only while it is open. */
  enter(): Entry;
  /** Calls `wake` whenever effects may enter that could not. Returns the end of that. */
  onOpen(wake: () => void): () => void;
}

/** One effect that was let in: it tells how each of its calls ended, and that it leaves. */
export interface Entry {
  /** Whether its next call may begin: no more once the gate was closed behind it. */
  mayCall(): boolean;
  /** A call was answered. */
  answered(): void;
  /** A call went wrong, which may be an answer too: a refusal. */
  failed(error: unknown): void;
  /** It makes no more calls. May be told again. */
  leave(): void;
}
