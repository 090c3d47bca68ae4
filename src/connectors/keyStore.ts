/** A command and its arguments, as Redis's documentation has them; a `Buffer` is sent as it is. */
export type Command = readonly [name: string, ...args: readonly (string | number | bigint | Buffer)[]];

/** Keys of a script, and its further arguments. */
export interface ScriptCall {
  readonly keys: readonly string[];
  readonly args?: readonly (string | number | bigint | Buffer)[];
}

/**
 * Redis as a store of keys, beside the streams on it. It loses what was acknowledged (a failover, FLUSHALL), so nothing of value is
 * only there.
 *
 * Whoever calls may have to call again: an answer that is lost may have been a success, so every command must be one that does no harm
 * when it is repeated. Errors are `WeirError`s, transient whatever may pass: Redis is away, full, starting or silent. Bulk replies are
 * `Buffer`s, since other programs write any bytes.
 */
export interface KeyStore {
  /** Sends the commands at once and answers their replies in order; throws what the first refused one was refused with. Not one step: others come between. */
  run(commands: readonly Command[]): Promise<readonly unknown[]>;
  /** Runs a Lua script for each call, all at once; each call is one step that nothing comes between. Redis serves nobody else meanwhile: keep each short. */
  runScript(lua: string, calls: readonly ScriptCall[]): Promise<readonly unknown[]>;
}
