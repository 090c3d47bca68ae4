import { beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { memberKeys } from '../../../pipelines/billing/memberKeyStore.ts';
import { findStore } from '../../../pipelines/billing/findStore.ts';
import { decryptField, encryptField, keyIdOf } from '../../../src/message/encryption.ts';
import { lackedKeys } from '../../../src/runtime/keys/lackedKeys.ts';
import { keysInUse, type RotationSpec, type TableRotation } from '../../../src/runtime/keys/rotateKeys.ts';
import { meddled, rings, rotateAll } from '../../support/keyRotation.ts';
import { aBilling, aNewMember, emptied, type Billing } from './aBilling.ts';

let billing: Billing;

beforeAll(async () => {
  billing = await aBilling();
});

beforeEach(() => emptied(billing));

async function members(count: number): Promise<void> {
  const ids = Array.from({ length: count }, (_, index) => 1_001n + BigInt(index));
  await billing.members.insertMembers(ids.map((publicInfoId) => aNewMember({ publicInfoId, email: `m${publicInfoId}@example.com` })));
}

const rotated = (changes?: Partial<RotationSpec>): Promise<readonly TableRotation[]> =>
  rotateAll({ database: billing.database, tables: [memberKeys] }, changes);

const rows = (): Promise<readonly { readonly public_info_id: bigint; readonly email: string; readonly name: string }[]> =>
  billing.database.query('SELECT public_info_id, name, email, phone FROM billing.member ORDER BY public_info_id');

describe('a rotation of keys', () => {
  it('brings every member under the current key, and tells when nobody uses the old one', async () => {
    await members(1_200);
    expect(await keysInUse(billing.database, rings.both, [memberKeys])).toEqual([
      { key: 'k2', isCurrent: true, isInRing: true, values: 0 },
      { key: 'k1', isCurrent: false, isInRing: true, values: 4_800 },
    ]);
    expect(await rotated()).toEqual([{ table: 'billing.member', rotated: 1_200, unopened: 0 }]);
    expect(await keysInUse(billing.database, rings.both, [memberKeys])).toMatchObject([
      { key: 'k2', values: 4_800 },
      { key: 'k1', values: 0 },
    ]);
    for (const row of await rows()) {
      expect(decryptField(rings.onlyNew, `${row.public_info_id}`, 'email', row.email)).toBe(`m${row.public_info_id}@example.com`);
    }
    expect(await findStore(billing.database, rings.onlyNew).members({ email: 'm1001@example.com' })).toMatchObject([
      { publicInfoId: 1_001n },
    ]);
  });

  it('while it is under way finds members under either key', async () => {
    await members(2);
    await memberKeys.rotatePage(billing.database, rings.both, { after: undefined, limit: 1 });
    const finds = findStore(billing.database, rings.both);
    for (const id of [1_001n, 1_002n]) expect(await finds.members({ email: `m${id}@example.com` })).toMatchObject([{ publicInfoId: id }]);
  });

  it('does not overwrite an address that is changed meanwhile, and rotates it with the next pass', async () => {
    await members(3);
    const moved = encryptField(billing.ring, '1002', 'email', 'moved@example.com');
    const change = { text: `UPDATE billing.member SET email = $1 WHERE public_info_id = 1002`, values: [moved] };
    expect(await rotated({ database: meddled(billing.database, () => billing.database.execute(change)) })).toMatchObject([{ rotated: 3 }]);
    const row = (await rows()).find(({ public_info_id }) => public_info_id === 1_002n);
    expect(keyIdOf('email', row?.email ?? '')).toBe('k2');
    expect(decryptField(rings.both, '1002', 'email', row?.email ?? '')).toBe('moved@example.com');
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
    expect(await keysInUse(billing.database, rings.both, [memberKeys])).toMatchObject([{}, { key: 'k1', values: 4 }]);
  });

  it('names a key that rows use and the ring lacks', async () => {
    await members(1);
    expect(await keysInUse(billing.database, rings.onlyNew, [memberKeys])).toContainEqual({
      key: 'k1',
      isCurrent: false,
      isInRing: false,
      values: 4,
    });
    expect(await rotated({ ring: rings.onlyNew })).toMatchObject([{ rotated: 0, unopened: 1 }]);
    expect(await lackedKeys(billing.database, rings.onlyNew, [memberKeys])).toEqual(['k1']);
  });

  it('takes what is no ciphertext for no key', async () => {
    await members(1);
    await billing.database.execute(`UPDATE billing.member SET name = 'damaged', email = 'someone@mail.example', phone = 'w1.'`);
    expect(await lackedKeys(billing.database, rings.both, [memberKeys])).toEqual([]);
    expect(await keysInUse(billing.database, rings.both, [memberKeys])).toMatchObject([{}, { key: 'k1', values: 1 }]);
  });
});
