import type { KeyStore } from '../../../src/connectors/keyStore.ts';
import { projectScript, forgetScript } from '../../../pipelines/deposits/projectionScripts.ts';
import type { MortalAt } from '../payments/mortalAt.ts';

const writing: readonly string[] = [projectScript, forgetScript];

/** Redis as a process has it that may die: before each user's script that writes, also within a pipeline, and after it. */
export function mortalKeyStore(keyStore: KeyStore, process: MortalAt): KeyStore {
  const runScript = process.around(keyStore.runScript.bind(keyStore));
  return {
    run: (commands) => keyStore.run(commands),
    runScript: async (lua, calls) => {
      if (!writing.includes(lua)) return keyStore.runScript(lua, calls);
      const replies: unknown[] = [];
      for (const call of calls) replies.push(...(await runScript(lua, [call])));
      return replies;
    },
  };
}
