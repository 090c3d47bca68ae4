/** Whoever bears a token of the public API. */
export interface ApiCaller {
  readonly name: string;
  /** Whether it may act on an account: asked by every route that is told one, of each account. */
  mayUse(account: string): boolean;
}
