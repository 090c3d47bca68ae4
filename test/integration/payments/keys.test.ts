import { beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { systems } from '../../../pipelines/index.ts';
import { buyerEmailField, buyerKeys } from '../../../pipelines/payments/buyerKeyStore.ts';
import type { Database } from '../../../src/connectors/database.ts';
import { decryptField, encryptField, keyIdOf } from '../../../src/message/encryption.ts';
import { parseKeyRing, type KeyRing } from '../../../src/message/keyRing.ts';
import { realClock } from '../../../src/runtime/clock.ts';
import { lackedKeys } from '../../../src/runtime/keys/lackedKeys.ts';
import { keysInUse, rotateKeys, type RotationSpec, type TableRotation } from '../../../src/runtime/keys/rotateKeys.ts';
import { aPayments, emptied, type Payments } from './aPayments.ts';

const oldKey = `k1:${Buffer.alloc(32, 7).toString('base64')}`;
const newKey = `k2:${Buffer.alloc(32, 8).toString('base64')}`;
const oldRing = parseKeyRing(oldKey);
const ring: KeyRing = parseKeyRing(`${newKey},${oldKey}`);
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
    values: [ids, ids.map((id) => encryptField(oldRing, `${id}`, buyerEmailField, addressOf(id)))],
  });
}

function rotated(changes: Partial<RotationSpec> = {}): Promise<readonly TableRotation[]> {
  const stop = new AbortController().signal;
  const spec = { database: payments.database, ring, tables: [buyerKeys], clock: realClock, rowsPerSecond: 1_000_000, stop };
  return rotateKeys({ ...spec, progress: () => undefined, ...changes });
}

const rows = (): Promise<readonly { readonly id: bigint; readonly buyer_email: string }[]> =>
  payments.database.query('SELECT id, buyer_email FROM payments.orders ORDER BY id');

/** The database, that does something before the first replacement of a page. */
function meddled(before: () => Promise<unknown>): Database {
  let isFirst = true;
  const { database } = payments;
  return {
    query: (statement) => database.query(statement),
    execute: (statement) => database.execute(statement),
    listen: (channel, wake) => database.listen(channel, wake),
    close: () => database.close(),
    withTransaction: async (work, options) => {
      if (isFirst) await before();
      isFirst = false;
      return database.withTransaction(work, options);
    },
  };
}

describe('a rotation of keys', () => {
  it('covers the addresses of buyers', () => {
    expect(systems.encrypted).toContain(buyerKeys);
  });

  it('brings every address under the current key, and tells when nobody uses the old one', async () => {
    await orders(1_200);
    expect(await keysInUse(payments.database, ring, [buyerKeys])).toEqual([
      { key: 'k2', isCurrent: true, isInRing: true, values: 0 },
      { key: 'k1', isCurrent: false, isInRing: true, values: 1_200 },
    ]);
    expect(await rotated()).toEqual([{ table: 'payments.orders', rotated: 1_200, unopened: 0 }]);
    expect(await keysInUse(payments.database, ring, [buyerKeys])).toMatchObject([
      { key: 'k2', values: 1_200 },
      { key: 'k1', values: 0 },
    ]);
    const onlyNew = parseKeyRing(newKey);
    for (const { id, buyer_email } of await rows()) {
      expect(decryptField(onlyNew, `${id}`, buyerEmailField, buyer_email)).toBe(addressOf(id));
    }
  });

  it('does not overwrite an address that is changed meanwhile, and rotates it with the next pass', async () => {
    await orders(3);
    const moved = encryptField(oldRing, '2', buyerEmailField, 'moved@example.com');
    const change = { text: 'UPDATE payments.orders SET buyer_email = $1 WHERE id = 2', values: [moved] };
    expect(await rotated({ database: meddled(() => payments.database.execute(change)) })).toMatchObject([{ rotated: 3 }]);
    const [, row] = await rows();
    expect(keyIdOf(buyerEmailField, row?.buyer_email ?? '')).toBe('k2');
    expect(decryptField(ring, '2', buyerEmailField, row?.buyer_email ?? '')).toBe('moved@example.com');
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
    const lacking = parseKeyRing(newKey);
    expect(await lackedKeys(payments.database, lacking, [buyerKeys])).toEqual(['k1']);
    expect(await keysInUse(payments.database, lacking, [buyerKeys])).toContainEqual({
      ...{ key: 'k1', isCurrent: false, isInRing: false, values: 1 },
    });
    expect(await rotated({ ring: lacking })).toMatchObject([{ rotated: 0, unopened: 3 }]);
  });
});

function keyId(envelope: string): string | undefined {
  return envelope.split('.')[1];
}
