import type { Address, Mail } from '../../src/connectors/mailer.ts';
import type { Database } from '../../src/connectors/database.ts';
import { WeirError } from '../../src/errors.ts';
import { decryptField } from '../../src/message/encryption.ts';
import type { KeyRing } from '../../src/message/keyRing.ts';
import { readDetails } from './billingDetails.ts';
import { composeBillMail } from './billMail.ts';
import { maskEmail, maskName, maskUsage } from './mask.ts';
import type { BillOfMember } from './operatedBillStore.ts';

/** The mail of a bill as it would be sent now, and whom it goes to. */
export interface BillPreview {
  readonly billId: bigint;
  readonly name: string;
  readonly email: string;
  readonly phone: string;
  readonly mail: Mail;
}

/** Shows mails of bills. `notFound` where a member has no such bill; `decryption` and `keyMissing` as a send would end. */
export interface PreviewStore {
  /** In the clear: for whoever may see it, and has said why. */
  open(which: BillOfMember): Promise<BillPreview>;
  /** With name and address masked, and of usage nothing but its service. */
  masked(which: BillOfMember): Promise<BillPreview>;
}

/** Mails of bills in a database, composed as the pipeline that sends them does. */
export function previewStore(database: Database, keyRing: KeyRing, sender: Address): PreviewStore {
  const read = async ({ publicInfoId, billingDate }: BillOfMember): Promise<BillRow> => {
    const [row] = await database.query<BillRow>({ text: bill, values: [publicInfoId, billingDate ?? null] });
    if (row === undefined)
      throw new WeirError('notFound', `member ${publicInfoId} has no bill${billingDate === undefined ? '' : ' of this month'}`);
    return row;
  };
  const composed = (row: BillRow, mask: Masks): BillPreview => {
    const opened = (field: 'name' | 'email' | 'phone'): string => decryptField(keyRing, row.publicInfoId.toString(), field, row[field]);
    const [name, email] = [mask.name(opened('name')), mask.email(opened('email'))];
    const lines = (row.lines ?? []).map((line) => ({ label: mask.usage(line), amountMinor: BigInt(line.amount) }));
    const content = { billId: row.id, billingDate: row.billingDate, recipient: { name, address: email } };
    const mail = composeBillMail({ ...content, details: readDetails(row.details), lines }, sender);
    return { billId: row.id, name, email, phone: mask.phone(opened('phone')), mail };
  };
  return {
    open: async (which) => composed(await read(which), asItIs),
    masked: async (which) => composed(await read(which), masked),
  };
}

interface BillRow {
  readonly id: bigint;
  readonly publicInfoId: bigint;
  readonly billingDate: string;
  readonly details: unknown;
  readonly name: string;
  readonly email: string;
  readonly phone: string;
  readonly lines: readonly UsageRow[] | null;
}

interface UsageRow {
  readonly service: string;
  readonly description: string;
  readonly amount: string;
}

type Masks = Readonly<Record<'name' | 'email' | 'phone', (text: string) => string>> & { readonly usage: (line: UsageRow) => string };

const same = (text: string): string => text;
const asItIs: Masks = { name: same, email: same, phone: same, usage: ({ description }) => description };
const masked: Masks = { name: maskName, email: maskEmail, phone: () => '***', usage: ({ service }) => maskUsage(service) };

const bill = `
  SELECT bill.id, bill.public_info_id AS "publicInfoId", to_char(bill.billing_date, 'YYYY-MM-DD') AS "billingDate",
    bill.billing_details AS details, member.name, member.email, member.phone,
    (SELECT jsonb_agg(jsonb_build_object('service', service, 'description', description, 'amount', amount_minor::text) ORDER BY usage_id)
      FROM billing.billing_detail_p WHERE billing_id = bill.id AND billing_date = bill.billing_date) AS lines
  FROM billing.billing_p AS bill JOIN billing.member USING (public_info_id)
  WHERE bill.public_info_id = $1 AND bill.billing_date = coalesce($2::timestamp, bill.billing_date)
  ORDER BY bill.billing_date DESC LIMIT 1`;
