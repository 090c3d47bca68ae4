import { beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { systems } from '../../../pipelines/index.ts';
import { buyerEmailField, buyerKeys } from '../../../pipelines/payments/buyerKeyStore.ts';
import { decryptField, encryptField, keyIdOf } from '../../../src/message/encryption.ts';
import { lackedKeys } from '../../../src/runtime/keys/lackedKeys.ts';
import { keysInUse, type RotationSpec, type TableRotation } from '../../../src/runtime/keys/rotateKeys.ts';
import { meddled, rings, rotateAll } from '../../support/keyRotation.ts';
import { aPayments, emptied, type Payments } from './aPayments.ts';

let payments: Payments;

beforeAll(async () => {
  payments = await aPayments();
});

beforeEach(() => emptied(payments));

const addressOf = (id: bigint): string => `buyer${id}@example.com`;

/** Orders 1, 2 and so on, of buyers under the old key. */
async function orders(count: number): Promise<void> {
  const ids = Array.from({ length: count }, (_, index) => BigInt(index + 1));
  await payments.database.execute({
    text: `INSERT INTO payments.orders (id, amount_minor, buyer_email, created_at)
      SELECT id, 1000, email, '2026-11-01T02:30:00Z' FROM unnest($1::bigint[], $2::text[]) AS made (id, email)`,
    values: [ids, ids.map((id) => encryptField(rings.old, `${id}`, buyerEmailField, addressOf(id)))],
  });
}

const rotated = (changes?: Partial<RotationSpec>): Promise<readonly TableRotation[]> =>
  rotateAll({ database: payments.database, tables: [buyerKeys] }, changes);

const rows = (): Promise<readonly { readonly id: bigint; readonly buyer_email: string }[]> =>
  payments.database.query('SELECT id, buyer_email FROM payments.orders ORDER BY id');

describe('a rotation of keys', () => {
  it('covers the addresses of buyers', () => {
    expect(systems.encrypted).toContain(buyerKeys);
  });

  it('brings every address under the current key, and tells when nobody uses the old one', async () => {
    await orders(1_200);
    expect(await keysInUse(payments.database, rings.both, [buyerKeys])).toEqual([
      { key: 'k2', isCurrent: true, isInRing: true, values: 0 },
      { key: 'k1', isCurrent: false, isInRing: true, values: 1_200 },
    ]);
    expect(await rotated()).toEqual([{ table: 'payments.orders', rotated: 1_200, unopened: 0 }]);
    expect(await keysInUse(payments.database, rings.both, [buyerKeys])).toMatchObject([
      { key: 'k2', values: 1_200 },
      { key: 'k1', values: 0 },
    ]);
    for (const { id, buyer_email } of await rows()) {
      expect(decryptField(rings.onlyNew, `${id}`, buyerEmailField, buyer_email)).toBe(addressOf(id));
    }
  });

  it('does not overwrite an address that is changed meanwhile, and rotates it with the next pass', async () => {
    await orders(3);
    const moved = encryptField(rings.old, '2', buyerEmailField, 'moved@example.com');
    const change = { text: 'UPDATE payments.orders SET buyer_email = $1 WHERE id = 2', values: [moved] };
    expect(await rotated({ database: meddled(payments.database, () => payments.database.execute(change)) })).toMatchObject([
      { rotated: 3 },
    ]);
    const [, row] = await rows();
    expect(keyIdOf(buyerEmailField, row?.buyer_email ?? '')).toBe('k2');
    expect(decryptField(rings.both, '2', buyerEmailField, row?.buyer_email ?? '')).toBe('moved@example.com');
  });

  it('goes on where it was stopped', async () => {
    await orders(700);
    const stop = new AbortController();
    expect(await rotated({ stop: stop.signal, progress: () => stop.abort() })).toMatchObject([{ rotated: 500 }]);
    expect(await rotated()).toMatchObject([{ rotated: 200 }]);
    expect(await rotated()).toMatchObject([{ rotated: 0 }]);
  });

  it('leaves an address that does not open, or belongs to another order, as it is, and rotates the others', async () => {
    await orders(4);
    await payments.database.execute(`UPDATE payments.orders SET buyer_email = 'w1.k1.damaged' WHERE id = 2`);
    await payments.database.execute(`
      UPDATE payments.orders SET buyer_email = (SELECT buyer_email FROM payments.orders WHERE id = 1) WHERE id = 3`);
    expect(await rotated()).toEqual([{ table: 'payments.orders', rotated: 2, unopened: 2 }]);
    expect((await rows()).map(({ buyer_email }) => keyId(buyer_email))).toEqual(['k2', 'k1', 'k1', 'k2']);
  });

  it('names a key that addresses use and the ring lacks, and takes what is no ciphertext for no key', async () => {
    await orders(3);
    await payments.database.execute(`UPDATE payments.orders SET buyer_email = 'someone@mail.example' WHERE id = 2`);
    await payments.database.execute(`UPDATE payments.orders SET buyer_email = 'w1.' WHERE id = 3`);
    expect(await lackedKeys(payments.database, rings.onlyNew, [buyerKeys])).toEqual(['k1']);
    expect(await keysInUse(payments.database, rings.onlyNew, [buyerKeys])).toContainEqual({
      ...{ key: 'k1', isCurrent: false, isInRing: false, values: 1 },
    });
    expect(await rotated({ ring: rings.onlyNew })).toMatchObject([{ rotated: 0, unopened: 3 }]);
  });
});

function keyId(envelope: string): string | undefined {
  return envelope.split('.')[1];
}
