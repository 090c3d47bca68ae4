import { z } from 'zod';
import { seededRandom } from './seededRandom.ts';

/** Whom a fault strikes, and how often: part of the schema of rules that come over HTTP. Rules are asked in the order they were added; the first that fits strikes. */
export const aim = {
  /** Part of the recipient; absent: every one. Without effect where no recipient is known yet. */
  to: z.string().optional(),
  /** From 0 to 1: the share of recipients it is meant for, chosen by a hash of seed and recipient: the same ones in every try and order. */
  share: z.number().min(0).max(1).optional(),
  /** From 0 to 1: the chance of each occasion. Default 1. */
  probability: z.number().min(0).max(1).optional(),
  /** How many occasions pass before it strikes for the first time. Default 0. */
  spare: z.int().min(0).optional(),
  /** How often it strikes before it is spent. Default: without end. */
  times: z.int().min(0).optional(),
};

/** One fault: where it strikes, what happens then, and whom it is meant for. */
export interface Rule<Phase extends string, Action> {
  readonly phase: Phase;
  readonly action: Action;
  /** Part of what is asked for, where a server answers more than one question: `POST /refunds`. */
  readonly on?: string | undefined;
  readonly to?: string | undefined;
  readonly share?: number | undefined;
  readonly probability?: number | undefined;
  readonly spare?: number | undefined;
  readonly times?: number | undefined;
}

/** The faults of a simulator, changed while it runs. Chance comes from the seed, so a run can be repeated. */
export class Faults<Phase extends string, Action> {
  #rules: { readonly rule: Rule<Phase, Action>; toSpare: number; left: number }[] = [];
  readonly #seed: number;
  readonly #random: () => number;
  #strikes = 0;

  constructor(seed: number) {
    this.#seed = seed;
    this.#random = seededRandom(seed);
  }

  /** Adds a rule. Returns a function that removes it. */
  add(rule: Rule<Phase, Action>): () => void {
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
  at(phase: Phase, recipients: readonly string[], asked = ''): Action | undefined {
    const entry = this.#rules.find((candidate) => {
      const { rule, left } = candidate;
      if (rule.phase !== phase || left <= 0 || !asked.includes(rule.on ?? '') || !this.#isMeant(rule, recipients)) return false;
      if (rule.probability !== undefined && this.#random() >= rule.probability) return false;
      candidate.toSpare -= 1;
      return candidate.toSpare < 0;
    });
    if (entry === undefined) return undefined;
    entry.left -= 1;
    this.#strikes += 1;
    return entry.rule.action;
  }

  #isMeant({ to, share }: Rule<Phase, Action>, recipients: readonly string[]): boolean {
    if (to === undefined && share === undefined) return true;
    return recipients.some(
      (recipient) => (to === undefined || recipient.includes(to)) && (share === undefined || shareOf(this.#seed, recipient) < share),
    );
  }
}

/** A number from 0 to 1 that looks random and belongs to the text: FNV-1a, mixed once more. */
function shareOf(seed: number, text: string): number {
  let hash = 0x811c9dc5 ^ seed;
  for (const byte of Buffer.from(text)) hash = Math.imul(hash ^ byte, 0x01000193);
  return seededRandom(hash)();
}
