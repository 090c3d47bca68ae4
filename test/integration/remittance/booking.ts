import { failureStore } from '../../../pipelines/remittance/failureStore.ts';
import { ledgerStore } from '../../../pipelines/remittance/ledgerStore.ts';
import { newCallStore } from '../../../pipelines/remittance/newCallStore.ts';
import { remittanceOutbox } from '../../../pipelines/remittance/remittanceOutbox.ts';
import { settleStore, type SettleStore } from '../../../pipelines/remittance/settleStore.ts';
import { withdrawStore, type WithdrawStore } from '../../../pipelines/remittance/withdrawStore.ts';
import type { Database } from '../../../src/connectors/database.ts';
import { createIdentifiers } from '../../../pipelines/shared/identifiers.ts';
import type { ALedger } from './aLedger.ts';

/** What books, over a process's own view of the database. */
export function booking({ now }: ALedger, database: Database): { readonly settlements: SettleStore; readonly withdrawals: WithdrawStore } {
  const identifiers = createIdentifiers({ now: () => new Date(), random: () => 0.5, node: 1 });
  const [outbox, ledger, failures] = [remittanceOutbox, ledgerStore(now), failureStore(now)];
  const ports = { outbox, ledger, failures, calls: newCallStore({ outbox, now }), identifiers, now };
  return { settlements: settleStore(database, ports), withdrawals: withdrawStore(database, ports) };
}
