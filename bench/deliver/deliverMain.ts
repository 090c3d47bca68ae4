import { deliverBills } from './deliverBills.ts';
import type { DeliverAnswer, DeliverOrder } from './deliverProcess.ts';

process.on('message', ({ addresses, size }: DeliverOrder) => {
  deliverBills(addresses, size).then(
    (sent) => answer({ sent }),
    (error: unknown) => answer({ failure: String(error) }),
  );
});

function answer(what: DeliverAnswer): void {
  process.send?.(what);
}
