import { memberStore } from '../../pipelines/billing/memberStore.ts';
import { periodStore } from '../../pipelines/billing/periodStore.ts';
import type { Database } from '../../src/connectors/database.ts';
import type { KeyRing } from '../../src/message/keyRing.ts';
import type { DemoMonth } from './month.ts';
import type { People } from './people.ts';

/** Rows of one transaction. */
const chunk = 5_000;

/** Takes in members and their usage as another system would. */
export async function load(database: Database, keyRing: KeyRing, { members, usage }: People, month: DemoMonth): Promise<void> {
  const store = memberStore(database, keyRing);
  await periodStore(database).provideMonths([month.usage, month.billing, month.next]);
  for (let at = 0; at < members.length; at += chunk) await store.insertMembers(members.slice(at, at + chunk));
  for (let at = 0; at < usage.length; at += chunk) await store.insertUsage(usage.slice(at, at + chunk));
  await database.execute('ANALYZE');
}
