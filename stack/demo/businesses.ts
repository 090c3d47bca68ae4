import { seededRandom } from '../../simulators/seededRandom.ts';
import type { Database } from '../../src/connectors/database.ts';
import type { Bank } from '../../simulators/bank.ts';

/** How many remittances the businesses ask for. */
export const remittanceCount = 500;

/** A business, its account at its bank, and what it has there at first. */
export interface Business {
  readonly id: bigint;
  readonly name: string;
  readonly account: string;
  readonly balance: bigint;
}

const names = ['Hanbit', 'Saebom', 'Dasol', 'Garam', 'Noeul', 'Byeolha', 'Maru', 'Onsaemiro'];

/** The seventh has little; the bank of the eighth closes its account. */
export const businesses: readonly Business[] = names.map((name, at) => ({
  id: BigInt(at + 11),
  name,
  account: `110-${String(at + 1).padStart(3, '0')}-482915`,
  balance: at === 6 ? 300_000n : 20_000_000n,
}));

/** What a business asks for. */
export interface Asked {
  readonly key: string;
  readonly fromAccount: string;
  readonly toAccount: string;
  readonly amountMinor: number;
}

/** Every request, always the same. */
export function remittances(): readonly Asked[] {
  const random = seededRandom(2_026);
  const any = (below: number): number => Math.floor(random() * below);
  return Array.from({ length: remittanceCount }, (_, at) => {
    const from = any(7);
    return {
      key: `demo-${at}`,
      fromAccount: businesses[from]?.account ?? '',
      toAccount: businesses[(from + 1 + any(7)) % 8]?.account ?? '',
      amountMinor: 1_000 * (1 + any(90)),
    };
  });
}

/** Writes the businesses down on both sides: here and at the bank. */
export async function openBusinesses(database: Database, bank: Bank): Promise<void> {
  for (const { account, balance } of businesses) bank.openAccount(account, balance);
  const [ids, accounts] = [businesses.map(({ id }) => id), businesses.map(({ account }) => account)];
  await database.withTransaction(async (transaction) => {
    await transaction.execute({
      text: `INSERT INTO remittance.users (id, name) SELECT * FROM unnest($1::bigint[], $2::text[])`,
      values: [ids, businesses.map(({ name }) => name)],
    });
    await transaction.execute({
      text: `INSERT INTO remittance.kcd_bank_accounts (id, kind, user_id, account_number) SELECT id, 'EXTERNAL', id, account FROM unnest($1::bigint[], $2::text[]) AS own (id, account)`,
      values: [ids, accounts],
    });
  });
}

/** Dials in what a bank does to those who ask it, and to what it calls back with. */
export function troubleBank(bank: Bank): void {
  const { faults, webhooks } = bank;
  faults.add({ phase: 'before', probability: 0.03, action: { kind: 'reply', status: 503 } });
  faults.add({ phase: 'after', probability: 0.03, action: { kind: 'cut' } });
  faults.add({ phase: 'before', probability: 0.02, action: { kind: 'detour', arrivesAfterMs: 500 } });
  webhooks.faults.add({ phase: 'webhook', probability: 0.1, action: { kind: 'duplicate' } });
  webhooks.faults.add({ phase: 'webhook', probability: 0.05, action: { kind: 'drop' } });
  webhooks.faults.add({ phase: 'webhook', probability: 0.05, action: { kind: 'wrongSignature' } });
  webhooks.faults.add({ phase: 'webhook', probability: 0.05, action: { kind: 'reorder' } });
}
