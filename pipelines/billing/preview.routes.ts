// What the mail of a bill looks like: masked for whoever may ask, in the clear for whoever may see it and says why.
import { z } from 'zod';
import { defineLook, defineQuestion } from '../../src/console/route.ts';
import { billingDateOf, monthField } from './monthField.ts';
import type { BillOfMember } from './operatedBillStore.ts';
import type { BillPreview, PreviewStore } from './previewStore.ts';

export interface PreviewPorts {
  readonly previews: PreviewStore;
}

const input = z.strictObject({
  publicInfoId: z
    .string()
    .regex(/^[1-9]\d{0,17}$/, 'expected a number')
    .meta({ description: 'number of the member (public_info_id)' }),
  month: monthField.optional().meta({ description: 'billing month, YYYY-MM; the latest bill where it is left out' }),
});

type Input = z.infer<typeof input>;

export const previewRoute = defineQuestion({
  name: 'billing.preview',
  about: "show the mail of a member's bill as it would be sent now; personal data masked",
  role: 'viewer',
  input,
  answer: async ({ previews }: PreviewPorts, asked) => mailSheet(await previews.masked(whichOf(asked))),
});

export const lookRoute = defineLook({
  name: 'billing.look',
  about: "look at a member's name, address and number in the clear, and at the mail of a bill",
  role: 'admin',
  input,
  target: ({ publicInfoId, month }) => `the ${month ?? 'latest'} bill of member ${publicInfoId}`,
  answer: async ({ previews }: PreviewPorts, asked) => {
    const preview = await previews.open(whichOf(asked));
    const { name, email, phone } = preview;
    return { name, email, phone, ...mailSheet(preview) };
  },
});

function whichOf({ publicInfoId, month }: Input): BillOfMember {
  return { publicInfoId: BigInt(publicInfoId), billingDate: month === undefined ? undefined : billingDateOf(month) };
}

function mailSheet({
  billId,
  mail: { subject, to, html, text },
}: BillPreview): Readonly<Record<'bill' | 'subject' | 'to' | 'html' | 'text', string>> {
  return { bill: billId.toString(), subject, to: `${to.name} <${to.address}>`, html, text };
}
