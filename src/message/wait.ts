/** Why messages wait: something outside that is not there, which a breaker keeps them from, or the call of a stage that is tried again. */
export interface Wait {
  readonly why: 'breaker' | 'again';
  /** Of what is outside, or of the stage. */
  readonly name: string;
}

/** For people: `breaker: smtp`, or `record, again`. */
export function waitText({ why, name }: Wait): string {
  return why === 'breaker' ? `breaker: ${name}` : `${name}, again`;
}
