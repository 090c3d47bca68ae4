import SMTPConnection from 'nodemailer/lib/smtp-connection';
import { composeBillMail } from '../../pipelines/billing/billMail.ts';
import { composeMail } from '../../src/connectors/smtp/composeMail.ts';
import { billingDate } from './fillBills.ts';

/** As many as Weir opens by default. */
const connections = 40;

/** Different mails, so that nothing is gained by sending the same one; few, so that memory is no matter. */
const variety = 500;

const sender = { address: 'billing@weir.example', name: 'Weir Telecom' };

/** Feeds `size` composed mails, of the same content as the bills', to nodemailer's own SMTP connections, and does nothing else. */
export async function sendComposed(smtpPort: number, size: number): Promise<void> {
  const mails = Array.from({ length: variety }, (_, index) => composed(index + 1));
  let begun = 0;
  const work = async (): Promise<void> => {
    const connection = new SMTPConnection({ host: '127.0.0.1', port: smtpPort, secure: false, logger: false });
    await new Promise<void>((resolve, reject) => connection.connect((error) => (error ? reject(error) : resolve())));
    while (begun < size) {
      const mail = mails[begun % variety] as Buffer;
      begun += 1;
      await new Promise<void>((resolve, reject) =>
        connection.send({ from: sender.address, to: [`member${begun}@mail.example`] }, mail, (error) =>
          error ? reject(error) : resolve(),
        ),
      );
    }
    connection.quit();
  };
  await Promise.all(Array.from({ length: connections }, work));
}

function composed(number: number): Buffer {
  const recipient = { address: `member${number}@mail.example`, name: `김서연 ${number}` };
  const lines = [1, 2, 3, 4, 5].map((line) => ({ label: `데이터 통화 ${line}`, amountMinor: 9_900n }));
  const discounts = [
    { type: 'ADDON_GRADE', amountMinor: 1_000n, description: '부가서비스 1등급 할인' },
    { type: 'FAMILY', amountMinor: 2_000n, description: '가족 결합 할인' },
  ] as const;
  const details = { discounts, totalDiscountMinor: 3_000n, finalAmountMinor: 46_500n };
  const mail = composeBillMail({ billId: BigInt(number), billingDate, recipient, details, lines }, sender);
  return composeMail(mail, new Date());
}
