/**
 * Where in the dialogue a fault strikes: on the server's answer to the connection (`greeting`), to a command, to the body's first
 * bytes (`body`, which has no answer of its own), to the final dot (`dot`; a mail whose dot is answered by a fault's reply is not kept, one that gets no answer is), or
 * right after the answer to the dot was sent (`sent`; whatever the action, it cuts the connection).
 */
export type Phase = 'greeting' | 'ehlo' | 'mail' | 'rcpt' | 'data' | 'body' | 'dot' | 'sent';

/** What happens instead of the usual answer. */
export type FaultAction =
  | { readonly kind: 'reply'; readonly text: string } // `450 4.2.0 later`; a 421 closes the connection too
  | { readonly kind: 'delay'; readonly delayMs: number } // the usual answer, later
  | { readonly kind: 'cut' } // the connection is closed without an answer
  | { readonly kind: 'silence' } // no answer, ever; the connection stays
  | { readonly kind: 'call'; readonly call: () => void }; // silence, and somebody is told; not over HTTP

/** One fault. Rules are asked in the order they were added; the first that fits strikes. */
export interface FaultRule {
  readonly phase: Phase;
  readonly action: FaultAction;
  /** Part of the recipient's address; absent: every mail. Without effect before RCPT, where no recipient is known. */
  readonly to?: string;
  /** From 0 to 1. Default 1. */
  readonly probability?: number;
  /** How many occasions pass before it strikes for the first time. Default 0. */
  readonly spare?: number;
  /** How often it strikes before it is spent. Default: without end. */
  readonly times?: number;
}

/** The faults of an inbox, changed while it runs. Chance comes from the seed, so a run can be repeated. */
export class Faults {
  #rules: { readonly rule: FaultRule; toSpare: number; left: number }[] = [];
  readonly #random: () => number;
  #strikes = 0;

  constructor(seed: number) {
    this.#random = seededRandom(seed);
  }

  /** Adds a rule. Returns a function that removes it. */
  add(rule: FaultRule): () => void {
    const entry = { rule, toSpare: rule.spare ?? 0, left: rule.times ?? Infinity };
    this.#rules.push(entry);
    return () => {
      this.#rules = this.#rules.filter((other) => other !== entry);
    };
  }

  clear(): void {
    this.#rules = [];
  }

  /** How often a fault has struck. */
  get strikes(): number {
    return this.#strikes;
  }

  /** What strikes now, if anything. */
  at(phase: Phase, recipients: readonly string[]): FaultAction | undefined {
    const entry = this.#rules.find((candidate) => {
      const { rule, left } = candidate;
      if (rule.phase !== phase || left <= 0 || !isMeant(rule, recipients) || this.#random() >= (rule.probability ?? 1)) return false;
      candidate.toSpare -= 1;
      return candidate.toSpare < 0;
    });
    if (entry === undefined) return undefined;
    entry.left -= 1;
    this.#strikes += 1;
    return entry.rule.action;
  }
}

function isMeant({ to }: FaultRule, recipients: readonly string[]): boolean {
  return to === undefined || recipients.some((recipient) => recipient.includes(to));
}

/** Mulberry32. */
function seededRandom(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}
