import { from, lastValueFrom, toArray } from 'rxjs';
import { beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { deliver } from '../../../pipelines/billing/deliver.pipeline.ts';
import { deliverOptions } from '../../../pipelines/billing/deliverOptions.ts';
import { encodeDispatchedBill } from '../../../pipelines/billing/dispatchedBill.ts';
import { sendBillMail } from '../../../pipelines/billing/sendBillMail.ts';
import { startInbox, type Inbox } from '../../../simulators/inbox.ts';
import { openMailer } from '../../../src/connectors/smtp/openMailer.ts';
import type { Mailer } from '../../../src/connectors/mailer.ts';
import { realClock } from '../../../src/runtime/clock.ts';
import { anOpen, aRun } from '../../support/aRun.ts';
import { atTheEnd } from '../../support/atTheEnd.ts';
import { aBilling, billRow, emptied, pending, type Billing } from './aBilling.ts';

let billing: Billing;
let inbox: Inbox;
let mailer: Mailer;

beforeAll(async () => {
  billing = await aBilling();
  inbox = await startInbox();
  atTheEnd(() => inbox.close());
  mailer = openMailer({ url: inbox.smtpUrl, clock: realClock, requireTls: false });
  atTheEnd(() => mailer.close());
});

beforeEach(async () => {
  await emptied(billing);
  inbox.clear();
});

describe('a bill to an address that could lead its mail to another', () => {
  it.each([
    ['a list', 'victim@y.example, evil@e.example'],
    ['a list with a semicolon', 'victim@y.example; evil@e.example'],
    ['a line break and a header', 'b@y.example\r\nBcc: evil@e.example'],
    ['a line feed alone', 'b@y.example\nBcc: evil@e.example'],
    ['a name and brackets', 'Victim <evil@e.example>'],
    ['a group', 'friends: victim@y.example, evil@e.example;'],
    ['quotes that hide an at sign', '"evil@e.example"@y.example'],
    ['a comment', 'victim(evil@e.example)@y.example'],
    ['two at signs', 'victim@y.example@e.example'],
    ['a source route', '@e.example:victim@y.example'],
    ['no domain', 'victim'],
    ['nothing', ''],
    ['a space', 'vic tim@y.example'],
    ['a zero character', 'vic\0tim@y.example'],
    ['letters that only look like others', 'victim@у.example'],
    ['a local part that is too long', `${'v'.repeat(65)}@y.example`],
  ])('(%s) is refused, FAILED with its reason, and reaches nobody', async (_what, email) => {
    const [bill] = await pending(billing, 1, { email });
    if (bill === undefined) throw new Error('no bill was made');
    const run = aRun({ clock: { ...realClock, now: () => billing.clock.now() } });
    const sender = { name: 'Weir', address: 'bills@weir.example' };
    const send = sendBillMail({ mailer, keyRing: billing.ring, sender });
    const ports = { ...billing.ports, mail: { ...billing.ports.mail, send } };
    const message = anOpen<Uint8Array>(encodeDispatchedBill({ ...bill, destination: 'y.example' }), { run });
    const left = await lastValueFrom(deliver.chain(from([message]), ports, deliverOptions.parse({})).pipe(toArray()), { defaultValue: [] });
    expect(left).toMatchObject([{ outcome: 'dead' }]);
    expect(await billRow(billing, bill)).toMatchObject({ send_status: 'FAILED', fail_code: 'refused' });
    const [failure] = await billing.database.query<{ error: string }>('SELECT error FROM billing.email_fail_log');
    expect(failure?.error).toMatch(/^The mail was not sent: the recipient's address is not one plain address/);
    expect(inbox.count()).toBe(0);
  });
});
