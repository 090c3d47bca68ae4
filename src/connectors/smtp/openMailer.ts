import type { Mailer } from '../mailer.ts';
import { reachWithin } from '../reachWithin.ts';
import { checkMail } from './checkMail.ts';
import { composeMail } from './composeMail.ts';
import { Session } from './session.ts';
import { SessionPool } from './sessionPool.ts';
import { smtpSettings, type SmtpOptions } from './smtpOptions.ts';
import { withoutRecipient } from './withoutRecipient.ts';

/**
 * A mailer over SMTP, with a bounded pool of connections.
 *
 * One recipient a mail, so a reply belongs to exactly one; the envelope is the two checked addresses and is never read out of
 * headers. The client's own pool is not used: it sends a mail again by itself when a connection closes, queues without bound,
 * and spends 1.2 ms a mail. Throws `invalidOption` for an address that is not one. Connects when the first mail comes.
 */
export function openMailer(options: SmtpOptions): Mailer {
  const settings = smtpSettings(options);
  const { clock } = settings;
  const pool = new SessionPool(settings);
  return {
    async send(mail, signal) {
      checkMail(mail);
      const session = await pool.take(signal);
      try {
        const reply = await session.send(mail.from.address, mail.to.address, composeMail(mail, clock.now()), signal);
        return { response: withoutRecipient(reply, mail.to) };
      } finally {
        pool.giveBack(session);
      }
    },
    async reach(limitMs) {
      await reachWithin(clock, limitMs, `The mail server did not greet within ${limitMs} ms.`, async (signal) => {
        const session = await Session.open(settings, signal);
        await session.quit();
      });
    },
    close: () => pool.close(),
  };
}
