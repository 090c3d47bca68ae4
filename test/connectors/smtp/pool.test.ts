import { describe, expect, it } from 'vitest';
import { SessionPool } from '../../../src/connectors/smtp/sessionPool.ts';
import { smtpSettings } from '../../../src/connectors/smtp/smtpOptions.ts';
import { realClock } from '../../../src/runtime/clock.ts';
import { virtualClock } from '../../../src/runtime/virtualClock.ts';
import { until } from '../../support/until.ts';
import { aMail, aMailTo } from './aMail.ts';
import { aMailer, anInbox, closing, going } from './openings.ts';

const cancelled: unknown = expect.objectContaining({ code: 'cancelled', kind: 'transient' });
const outcomeUnknown: unknown = expect.objectContaining({ code: 'outcomeUnknown', kind: 'unknown' });

describe('the connections of a mailer', () => {
  it('are never more than allowed, and are used again', async () => {
    const inbox = await anInbox();
    const mailer = aMailer(inbox.smtpUrl, { maxConnections: 3 });
    let most = 0;
    const mails = Array.from({ length: 60 }, (_, index) => aMailTo(`u${index}@x.example`));
    await Promise.all(
      mails.map(async (mail) => {
        await mailer.send(mail, going);
        most = Math.max(most, inbox.connections().open);
      }),
    );
    expect(inbox.count()).toBe(60);
    expect(inbox.connections().accepted).toBe(3);
    expect(most).toBeLessThanOrEqual(3);
  });

  it('are replaced after their number of mails', async () => {
    const inbox = await anInbox();
    const mailer = aMailer(inbox.smtpUrl, { maxConnections: 1, maxMessages: 4 });
    for (let index = 0; index < 9; index += 1) await mailer.send(aMail(), going);
    expect(inbox.connections().accepted).toBe(3);
  });

  it('serve waiting mails in the order of their calls', async () => {
    const inbox = await anInbox();
    const mailer = aMailer(inbox.smtpUrl, { maxConnections: 1 });
    const recipients = Array.from({ length: 20 }, (_, index) => `u${index}@x.example`);
    await Promise.all(recipients.map((recipient) => mailer.send(aMailTo(recipient), going)));
    expect(inbox.received().map((mail) => mail.to[0])).toEqual(recipients);
  });

  it('are closed when they were idle for their time, and opened again for the next mail', async () => {
    const inbox = await anInbox();
    const clock = virtualClock(new Date('2026-11-15T00:00:00Z'));
    const mailer = aMailer(inbox.smtpUrl, { clock, idleMs: 5_000 });
    await mailer.send(aMail(), going);
    await clock.advance(4_999);
    expect(inbox.connections().open).toBe(1);
    await clock.advance(1);
    await until('the idle connection is closed', () => inbox.connections().open === 0);
    await mailer.send(aMail(), going);
    expect(inbox.connections().accepted).toBe(2);
  });

  it('that the server cut while idle harm neither the process nor the next mail', async () => {
    const inbox = await anInbox();
    const pool = new SessionPool(smtpSettings({ url: inbox.smtpUrl, clock: realClock, requireTls: false }));
    closing(() => pool.close());
    const session = await pool.take(going);
    pool.giveBack(session);
    inbox.cutConnections();
    await until('the cut is noticed', () => !session.isOpen);
    const next = await pool.take(going);
    expect(next).not.toBe(session);
    expect(next.isOpen).toBe(true);
    pool.giveBack(next);
  });

  it('that cannot be opened do not keep the next mail waiting', async () => {
    const inbox = await anInbox();
    const mailer = aMailer(inbox.smtpUrl, { maxConnections: 1 });
    inbox.faults.add({ phase: 'ehlo', action: { kind: 'cut' }, times: 2 });
    const results = await Promise.allSettled([1, 2, 3, 4].map(() => mailer.send(aMail(), going)));
    expect(results.map((result) => result.status)).toEqual(['rejected', 'rejected', 'fulfilled', 'fulfilled']);
  });

  it('do not warn of leaks when many mails share one signal', async () => {
    const inbox = await anInbox();
    const warnings: Error[] = [];
    const onWarning = (warning: Error): unknown => warnings.push(warning);
    process.on('warning', onWarning);
    closing(() => Promise.resolve(void process.off('warning', onWarning)));
    const mailer = aMailer(inbox.smtpUrl, { maxConnections: 15 });
    await Promise.all(Array.from({ length: 60 }, () => mailer.send(aMail(), new AbortController().signal)));
    const shared = new AbortController().signal;
    await Promise.all(Array.from({ length: 60 }, () => mailer.send(aMail(), shared)));
    await new Promise((resolve) => setImmediate(resolve));
    expect(warnings).toEqual([]);
  });
});

describe('an aborted signal', () => {
  it('keeps a mail from being begun', async () => {
    const inbox = await anInbox();
    await expect(aMailer(inbox.smtpUrl).send(aMail(), AbortSignal.abort())).rejects.toEqual(cancelled);
    expect(inbox.connections().accepted).toBe(0);
  });

  it('takes a waiting mail out of the queue, and those behind it move up', async () => {
    const inbox = await anInbox();
    const mailer = aMailer(inbox.smtpUrl, { maxConnections: 1 });
    const leaving = new AbortController();
    const first = mailer.send(aMailTo('first@x.example'), going);
    const second = mailer.send(aMailTo('second@x.example'), leaving.signal);
    const third = mailer.send(aMailTo('third@x.example'), going);
    leaving.abort();
    await expect(second).rejects.toEqual(cancelled);
    await Promise.all([first, third]);
    expect(inbox.received().map((mail) => mail.to[0])).toEqual(['first@x.example', 'third@x.example']);
  });

  it.each(['greeting', 'ehlo', 'mail', 'rcpt', 'data'] as const)(
    'ends a dialogue at %s: the server does not have the mail',
    async (phase) => {
      const inbox = await anInbox({ pipelining: false });
      inbox.faults.add({ phase, action: { kind: 'silence' } });
      const cut = new AbortController();
      const attempt = aMailer(inbox.smtpUrl).send(aMail(), cut.signal);
      await until('the server is silent', () => inbox.faults.strikes > 0);
      cut.abort();
      await expect(attempt).rejects.toEqual(cancelled);
      await until('the connection is closed', () => inbox.connections().open === 0);
      expect(inbox.count()).toBe(0);
    },
  );

  it('after the dot leaves the outcome unknown', async () => {
    const inbox = await anInbox();
    inbox.faults.add({ phase: 'dot', action: { kind: 'silence' } });
    const cut = new AbortController();
    const attempt = aMailer(inbox.smtpUrl).send(aMail(), cut.signal);
    await inbox.until(1);
    cut.abort();
    await expect(attempt).rejects.toEqual(outcomeUnknown);
  });
});

describe('a mailer', () => {
  it('that is closed waits for the mails it was given, those in its queue included, and takes no more', async () => {
    const inbox = await anInbox();
    const mailer = aMailer(inbox.smtpUrl, { maxConnections: 1 });
    const given = [mailer.send(aMail(), going), mailer.send(aMail(), going), mailer.send(aMail(), going)];
    await mailer.close();
    expect(inbox.count()).toBe(3);
    await Promise.all(given);
    await expect(mailer.send(aMail(), going)).rejects.toEqual(cancelled);
    await until('every connection is closed', () => inbox.connections().open === 0);
  });

  it('tells whether its server can be reached, without a mail', async () => {
    const inbox = await anInbox();
    const mailer = aMailer(inbox.smtpUrl, { maxConnections: 1 });
    await expect(mailer.reach(5_000)).resolves.toBeUndefined();
    inbox.faults.add({ phase: 'ehlo', action: { kind: 'silence' }, times: 1 });
    await expect(mailer.reach(50)).rejects.toMatchObject({ code: 'timedOut', message: 'The mail server did not greet within 50 ms.' });
    await inbox.refuseConnections();
    await expect(mailer.reach(5_000)).rejects.toMatchObject({ code: 'unavailable' });
    expect(inbox.count()).toBe(0);
  });

  it('dates its mails by the clock it was given', async () => {
    const inbox = await anInbox();
    await aMailer(inbox.smtpUrl, { clock: virtualClock(new Date('2026-12-24T12:00:00Z')) }).send(aMail(), going);
    expect((await inbox.messages())[0]?.headers.get('date')).toBe('Thu, 24 Dec 2026 12:00:00 +0000');
  });
});
