import { watchResidentMemory } from '../settle/residentMemory.ts';
import type { DepositsAnswer, DepositsOrder } from './depositsProcess.ts';
import { workOnDeposits } from './depositsWork.ts';

process.on('message', ({ addresses, work }: DepositsOrder) => {
  const memory = watchResidentMemory();
  workOnDeposits(addresses, work).then(
    () => answer({ memory: memory() }),
    (error: unknown) => answer({ failure: String(error) }),
  );
});

function answer(what: DepositsAnswer): void {
  process.send?.(what);
}
