import { watchResidentMemory } from './residentMemory.ts';
import { runSettle } from './runSettle.ts';
import type { SettleAnswer } from './settleProcess.ts';

process.on('message', (url: string) => {
  const memory = watchResidentMemory();
  runSettle(url).then(
    () => answer({ memory: memory() }),
    (error: unknown) => answer({ failure: String(error) }),
  );
});

function answer(what: SettleAnswer): void {
  process.send?.(what);
}
