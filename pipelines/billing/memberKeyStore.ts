import { blindIndex } from '../../src/message/blindIndex.ts';
import { decryptField, reencryptField } from '../../src/message/encryption.ts';
import { defineEncryptedRows } from '../../src/runtime/keys/defineEncryptedRows.ts';
import { normalizeEmail } from '../shared/emailAddress.ts';

interface MemberRow {
  readonly public_info_id: bigint;
  readonly name: string;
  readonly email: string;
  readonly phone: string;
}

interface SealedMember {
  readonly name: string;
  readonly email: string;
  readonly phone: string;
  readonly emailIndex: string;
}

/** Name, address and number of members, and the hash by which an address is found. Messages and the fail log hold none of them. */
export const memberKeys = defineEncryptedRows<MemberRow, SealedMember>({
  name: 'billing.member',
  idOf: ({ public_info_id }) => public_info_id,
  page: (after, head, limit, ring) => ({ text: page, values: [after, head, `${ring.current.id}.`, limit] }),
  reencrypt: (ring, row) => {
    const owner = row.public_info_id.toString();
    const again = (field: 'name' | 'email' | 'phone'): string => reencryptField(ring, owner, field, row[field]) ?? row[field];
    const emailIndex = blindIndex(ring, normalizeEmail(decryptField(ring, owner, 'email', row.email)));
    return { name: again('name'), email: again('email'), phone: again('phone'), emailIndex };
  },
  replace: (transaction, rows) => {
    const [old, sealed] = [rows.map((row) => row.old), rows.map(({ again }) => again)];
    const values = [
      ...[old.map(({ public_info_id }) => public_info_id), old.map(({ name }) => name), old.map(({ email }) => email)],
      ...[old.map(({ phone }) => phone), sealed.map(({ name }) => name), sealed.map(({ email }) => email)],
      ...[sealed.map(({ phone }) => phone), sealed.map(({ emailIndex }) => emailIndex)],
    ];
    return transaction.execute({ text: replaceRows, values });
  },
  countByKey: (head) => ({ text: countByKey, values: [head] }),
});

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
