import { beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { memberKeys } from '../../../pipelines/billing/memberKeyStore.ts';
import { findStore } from '../../../pipelines/billing/findStore.ts';
import { decryptField, encryptField, keyIdOf } from '../../../src/message/encryption.ts';
import { parseKeyRing, type KeyRing } from '../../../src/message/keyRing.ts';
import type { Database } from '../../../src/connectors/database.ts';
import { realClock } from '../../../src/runtime/clock.ts';
import { lackedKeys } from '../../../src/runtime/keys/lackedKeys.ts';
import { keysInUse, rotateKeys, type RotationSpec, type TableRotation } from '../../../src/runtime/keys/rotateKeys.ts';
import { aBilling, aNewMember, emptied, type Billing } from './aBilling.ts';

const oldKey = `k1:${Buffer.alloc(32, 7).toString('base64')}`; // that of the billing under test
const ring: KeyRing = parseKeyRing(`k2:${Buffer.alloc(32, 8).toString('base64')},${oldKey}`);
let billing: Billing;

beforeAll(async () => {
  billing = await aBilling();
});

beforeEach(() => emptied(billing));

async function members(count: number): Promise<void> {
  const ids = Array.from({ length: count }, (_, index) => 1_001n + BigInt(index));
  await billing.members.insertMembers(ids.map((publicInfoId) => aNewMember({ publicInfoId, email: `m${publicInfoId}@example.com` })));
}

function rotated(changes: Partial<RotationSpec> = {}): Promise<readonly TableRotation[]> {
  const stop = new AbortController().signal;
  const spec = { database: billing.database, ring, tables: [memberKeys], clock: realClock, rowsPerSecond: 1_000_000, stop };
  return rotateKeys({ ...spec, progress: () => undefined, ...changes });
}

const rows = (): Promise<readonly { readonly public_info_id: bigint; readonly email: string; readonly name: string }[]> =>
  billing.database.query('SELECT public_info_id, name, email, phone FROM billing.member ORDER BY public_info_id');

/** The database, that does something before the first replacement of a page. */
function meddled(before: () => Promise<unknown>): Database {
  let isFirst = true;
  const { database } = billing;
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
  it('brings every member under the current key, and tells when nobody uses the old one', async () => {
    await members(1_200);
    expect(await keysInUse(billing.database, ring, [memberKeys])).toEqual([
      { key: 'k2', isCurrent: true, isInRing: true, values: 0 },
      { key: 'k1', isCurrent: false, isInRing: true, values: 4_800 },
    ]);
    expect(await rotated()).toEqual([{ table: 'billing.member', rotated: 1_200, unopened: 0 }]);
    expect(await keysInUse(billing.database, ring, [memberKeys])).toMatchObject([
      { key: 'k2', values: 4_800 },
      { key: 'k1', values: 0 },
    ]);
    const onlyNew = parseKeyRing(`k2:${Buffer.alloc(32, 8).toString('base64')}`);
    for (const row of await rows()) {
      expect(decryptField(onlyNew, `${row.public_info_id}`, 'email', row.email)).toBe(`m${row.public_info_id}@example.com`);
    }
    expect(await findStore(billing.database, onlyNew).members({ email: 'm1001@example.com' })).toMatchObject([{ publicInfoId: 1_001n }]);
  });

  it('while it is under way finds members under either key', async () => {
    await members(2);
    await memberKeys.rotatePage(billing.database, ring, { after: undefined, limit: 1 });
    const finds = findStore(billing.database, ring);
    for (const id of [1_001n, 1_002n]) expect(await finds.members({ email: `m${id}@example.com` })).toMatchObject([{ publicInfoId: id }]);
  });

  it('does not overwrite an address that is changed meanwhile, and rotates it with the next pass', async () => {
    await members(3);
    const moved = encryptField(billing.ring, '1002', 'email', 'moved@example.com');
    const change = { text: `UPDATE billing.member SET email = $1 WHERE public_info_id = 1002`, values: [moved] };
    expect(await rotated({ database: meddled(() => billing.database.execute(change)) })).toMatchObject([{ rotated: 3 }]);
    const row = (await rows()).find(({ public_info_id }) => public_info_id === 1_002n);
    expect(keyIdOf('email', row?.email ?? '')).toBe('k2');
    expect(decryptField(ring, '1002', 'email', row?.email ?? '')).toBe('moved@example.com');
  });

  it('goes on where it was stopped', async () => {
    await members(1_200);
    const stop = new AbortController();
    expect(await rotated({ stop: stop.signal, progress: () => stop.abort() })).toMatchObject([{ rotated: 500 }]);
    expect(await rotated()).toMatchObject([{ rotated: 700 }]);
    expect(await rotated()).toMatchObject([{ rotated: 0 }]);
  });

  it('leaves a member whose data does not open as it is, and rotates the others', async () => {
    await members(3);
    await billing.database.execute(`UPDATE billing.member SET name = 'w1.k1.damaged' WHERE public_info_id = 1002`);
    expect(await rotated()).toEqual([{ table: 'billing.member', rotated: 2, unopened: 1 }]);
    expect((await rows()).map(({ name }) => name.split('.')[1])).toEqual(['k2', 'k1', 'k2']);
    expect(await keysInUse(billing.database, ring, [memberKeys])).toMatchObject([{}, { key: 'k1', values: 4 }]);
  });

  it('names a key that rows use and the ring lacks', async () => {
    await members(1);
    const lacking = parseKeyRing(`k2:${Buffer.alloc(32, 8).toString('base64')}`);
    expect(await keysInUse(billing.database, lacking, [memberKeys])).toContainEqual({
      key: 'k1',
      isCurrent: false,
      isInRing: false,
      values: 4,
    });
    expect(await rotated({ ring: lacking })).toMatchObject([{ rotated: 0, unopened: 1 }]);
    expect(await lackedKeys(billing.database, lacking, [memberKeys])).toEqual(['k1']);
  });

  it('takes what is no ciphertext for no key', async () => {
    await members(1);
    await billing.database.execute(`UPDATE billing.member SET name = 'damaged', email = 'someone@mail.example', phone = 'w1.'`);
    expect(await lackedKeys(billing.database, ring, [memberKeys])).toEqual([]);
    expect(await keysInUse(billing.database, ring, [memberKeys])).toMatchObject([{}, { key: 'k1', values: 1 }]);
  });
});
