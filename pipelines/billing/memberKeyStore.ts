import type { Database } from '../../src/connectors/database.ts';
import { codeOf } from '../../src/errors.ts';
import { blindIndex } from '../../src/message/blindIndex.ts';
import { anyEnvelopeHead, decryptField, envelopeHead, reencryptField } from '../../src/message/encryption.ts';
import type { KeyRing } from '../../src/message/keyRing.ts';
import type { EncryptedRows } from '../../src/runtime/keys/encryptedRows.ts';
import { normalizeEmail } from '../shared/emailAddress.ts';

/** Name, address and number of members, and the hash by which an address is found. Messages and the fail log hold none of them. */
export const memberKeys: EncryptedRows = {
  name: 'billing.member',
  rotatePage: async (database, ring, { after, limit }) => {
    const { id } = ring.current;
    const rows = await database.query<MemberRow>({ text: page, values: [after ?? '0', envelopeHead(ring), `${id}.`, limit] });
    const opened = rows.flatMap((row) => reencrypted(ring, row));
    const rotated = opened.length === 0 ? 0 : await replace(database, opened);
    const last = rows.at(-1);
    return {
      rotated,
      changedMeanwhile: opened.length - rotated,
      unopened: rows.length - opened.length,
      after: last === undefined || rows.length < limit ? undefined : last.public_info_id.toString(),
    };
  },
  countByKey: async (database) => {
    const rows = await database.query<{ key: string; values: bigint }>({ text: countByKey, values: [anyEnvelopeHead] });
    return new Map(rows.map(({ key, values }) => [key, Number(values)]));
  },
};

interface MemberRow {
  readonly public_info_id: bigint;
  readonly name: string;
  readonly email: string;
  readonly phone: string;
}

interface Reencrypted {
  readonly old: MemberRow;
  readonly name: string;
  readonly email: string;
  readonly phone: string;
  readonly emailIndex: string;
}

/** The row under the current key; none for one that does not open, which must not hold up the others. */
function reencrypted(ring: KeyRing, row: MemberRow): readonly Reencrypted[] {
  const owner = row.public_info_id.toString();
  const again = (field: 'name' | 'email' | 'phone'): string => reencryptField(ring, owner, field, row[field]) ?? row[field];
  try {
    const emailIndex = blindIndex(ring, normalizeEmail(decryptField(ring, owner, 'email', row.email)));
    return [{ old: row, name: again('name'), email: again('email'), phone: again('phone'), emailIndex }];
  } catch (error) {
    const code = codeOf(error);
    if (code !== 'decryption' && code !== 'keyMissing') throw error;
    return [];
  }
}

async function replace(database: Database, rows: readonly Reencrypted[]): Promise<number> {
  const old = rows.map((row) => row.old);
  const values = [
    ...[old.map(({ public_info_id }) => public_info_id), old.map(({ name }) => name), old.map(({ email }) => email)],
    ...[old.map(({ phone }) => phone), rows.map(({ name }) => name), rows.map(({ email }) => email)],
    ...[rows.map(({ phone }) => phone), rows.map(({ emailIndex }) => emailIndex)],
  ];
  return database.withTransaction((transaction) => transaction.execute({ text: replaceRows, values }));
}

// What stands under the current key already is passed over within the scan.
const page = `
  SELECT public_info_id, name, email, phone FROM billing.member
  WHERE public_info_id > $1::bigint AND NOT (
    starts_with(name, $2) AND starts_with(email, $2) AND starts_with(phone, $2) AND starts_with(email_index, $3))
  ORDER BY public_info_id LIMIT $4`;

// The old ciphertexts are the guard: an address that was changed since it was read stays the new one.
const replaceRows = `
  UPDATE billing.member SET name = again.name, email = again.email, phone = again.phone, email_index = again.email_index
  FROM unnest($1::bigint[], $2::text[], $3::text[], $4::text[], $5::text[], $6::text[], $7::text[], $8::text[])
    AS again (public_info_id, old_name, old_email, old_phone, name, email, phone, email_index)
  WHERE member.public_info_id = again.public_info_id
    AND member.name = old_name AND member.email = old_email AND member.phone = old_phone`;

// Members are grouped by the keys of their four values first: there are few such groups, and four values of each member.
const keyOf = (field: string): string => `CASE WHEN starts_with(${field}, $1) THEN split_part(${field}, '.', 2) END`;
const countByKey = `
  SELECT key, sum(members)::bigint AS values
  FROM (
    SELECT ${keyOf('name')} AS name, ${keyOf('email')} AS email, ${keyOf('phone')} AS phone, split_part(email_index, '.', 1) AS index,
      count(*) AS members
    FROM billing.member GROUP BY 1, 2, 3, 4
  ) AS used CROSS JOIN LATERAL (VALUES (name), (email), (phone), (index)) AS each (key)
  WHERE key <> '' GROUP BY key`;
