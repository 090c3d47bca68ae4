import type { Envelope } from '../../src/message/message.ts';
import type { Run } from '../../src/message/run.ts';
import type { Entry, Gate } from '../gate.ts';

/** What enters where there is no gate. */
const free: Entry = { mayCall: () => true, answered: () => undefined, failed: () => undefined, leave: () => undefined };

/**
 * The way of one subscription of a stage through its gate, if it has one. While the gate is closed the run is told that it waits
 * for what is behind it. Memory: the messages that are in.
 */
export class Passage {
  readonly #gate: Gate | undefined;
  readonly #run: Run;
  readonly #entries = new Map<Envelope, Entry>();
  readonly #wake: () => void;
  readonly #endWakes: (() => void) | undefined;
  #endWait: (() => void) | undefined;

  constructor(gate: Gate | undefined, run: Run, wake: () => void) {
    this.#gate = gate;
    this.#run = run;
    this.#wake = wake;
    this.#endWakes = gate?.onOpen(() => {
      this.isOpen(); // tells the run, though the stage may have other reasons to wait
      wake();
    });
    if (gate !== undefined) run.draining.addEventListener('abort', wake);
  }

  /** Whether a message may enter now. */
  isOpen(): boolean {
    if (this.#gate === undefined) return true;
    if (!this.#gate.isOpen()) {
      this.#endWait ??= this.#run.waitsFor({ why: 'breaker', name: this.#gate.name });
      return false;
    }
    this.#endWait?.();
    this.#endWait = undefined;
    return true;
  }

  /** A message enters; only while it is open. */
  enter(envelope: Envelope): void {
    if (this.#gate !== undefined) this.#entries.set(envelope, this.#gate.enter());
  }

  /** The entry of a message that is in. */
  entryOf(envelope: Envelope): Entry {
    return this.#entries.get(envelope) ?? free;
  }

  /** A message leaves, if it was in. */
  leave(envelope: Envelope): void {
    this.#entries.get(envelope)?.leave();
    this.#entries.delete(envelope);
  }

  /** Everything leaves, and nothing waits any more. */
  close(): void {
    this.#run.draining.removeEventListener('abort', this.#wake);
    this.#endWakes?.();
    this.#endWait?.();
    for (const entry of this.#entries.values()) entry.leave();
    this.#entries.clear();
  }
}
