import { inspect } from 'node:util';
import { describe, expect, it } from 'vitest';
import type { FaultRule, Phase } from '../../../simulators/inbox/faults.ts';
import { until } from '../../support/until.ts';
import { aMail, aMailTo } from './aMail.ts';
import { aMailer, anInbox, going } from './openings.ts';

const shortLimits = { connectLimitMs: 100, greetingLimitMs: 100, silenceLimitMs: 100 };

const failure = (code: string, kind: string): unknown => expect.objectContaining({ name: 'WeirError', code, kind });
const unavailable = failure('unavailable', 'transient');
const throttled = failure('throttled', 'transient');
const refused = failure('refused', 'permanent');
const outcomeUnknown = failure('outcomeUnknown', 'unknown');

/** More than the buffers between client and server hold: its dot is not written when its first bytes arrive. */
const large = 'x'.repeat(8 * 1024 * 1024);

const beforeTheBody = ['greeting', 'ehlo', 'mail', 'rcpt', 'data'] as const satisfies readonly Phase[];

describe.each([{ pipelining: true }, { pipelining: false }])('a mail in a dialogue with pipelining $pipelining', ({ pipelining }) => {
  const once = async (rule: Omit<FaultRule, 'times'>): ReturnType<typeof anInbox> => {
    const inbox = await anInbox({ pipelining });
    inbox.faults.add({ ...rule, times: 1 });
    return inbox;
  };

  it.each(beforeTheBody)('whose connection is lost at %s is not with the server, and the next one is sent', async (phase) => {
    const inbox = await once({ phase, action: { kind: 'cut' } });
    const mailer = aMailer(inbox.smtpUrl);
    await expect(mailer.send(aMail(), going)).rejects.toEqual(unavailable);
    expect(inbox.count()).toBe(0);
    await mailer.send(aMail(), going);
    expect(inbox.count()).toBe(1);
  });

  it.each(beforeTheBody)('whose server falls silent at %s is not with the server', async (phase) => {
    const inbox = await once({ phase, action: { kind: 'silence' } });
    await expect(aMailer(inbox.smtpUrl, shortLimits).send(aMail(), going)).rejects.toEqual(unavailable);
    expect(inbox.count()).toBe(0);
  });

  it('whose connection is lost in the middle of its body is not with the server', async () => {
    const inbox = await once({ phase: 'body', action: { kind: 'cut' } });
    await expect(aMailer(inbox.smtpUrl).send(aMail({ text: large }), going)).rejects.toEqual(unavailable);
    expect(inbox.count()).toBe(0);
  });

  it('whose connection is lost after its dot may be with the server', async () => {
    const inbox = await once({ phase: 'dot', action: { kind: 'cut' } });
    await expect(aMailer(inbox.smtpUrl).send(aMail(), going)).rejects.toEqual(outcomeUnknown);
    expect(inbox.count()).toBe(1);
  });

  it('whose server falls silent after its dot may be with the server', async () => {
    const inbox = await once({ phase: 'dot', action: { kind: 'silence' } });
    // Long enough that on a busy machine nothing before the dot outlasts it.
    await expect(aMailer(inbox.smtpUrl, { silenceLimitMs: 1_500 }).send(aMail(), going)).rejects.toEqual(outcomeUnknown);
    expect(inbox.count()).toBe(1);
  });

  it('whose dot is answered by nonsense may be with the server', async () => {
    const inbox = await once({ phase: 'dot', action: { kind: 'reply', text: '354 go on' } });
    await expect(aMailer(inbox.smtpUrl).send(aMail(), going)).rejects.toEqual(outcomeUnknown);
  });

  it('whose connection is lost after the 250 is sent, and the next one too', async () => {
    const inbox = await once({ phase: 'sent', action: { kind: 'cut' } });
    const mailer = aMailer(inbox.smtpUrl);
    await expect(mailer.send(aMail(), going)).resolves.toEqual({ response: '250 2.0.0 kept as 1' });
    // A session that just died may be found dead only by the next mail, which is then not with the server and is tried again.
    await until('the next mail is sent', () => mailer.send(aMail(), going));
    expect(inbox.count()).toBe(2);
  });

  describe.each(['mail', 'rcpt', 'data', 'dot'] as const)('answered at %s', (phase) => {
    it.each(['421 4.3.2 closing', '450 4.2.0 busy', '451 4.3.0 local', '452 4.2.2 full', '454 4.7.0 later'])(
      'by %s is throttled, and the next one is sent',
      async (text) => {
        const inbox = await once({ phase, action: { kind: 'reply', text } });
        const mailer = aMailer(inbox.smtpUrl);
        await expect(mailer.send(aMail(), going)).rejects.toEqual(throttled);
        expect(inbox.count()).toBe(0);
        await mailer.send(aMail(), going);
        expect(inbox.count()).toBe(1);
      },
    );

    // To MAIL FROM these speak of our sender, not of this mail; but for the size that it announces.
    it.each(phase === 'mail' ? ['552 5.3.4 too large'] : ['550 5.1.1 no such user', '552 5.2.2 full', '553 5.1.3 bad', '554 5.7.1 spam'])(
      'by %s is refused, and the next one is sent over the same connection',
      async (text) => {
        const inbox = await once({ phase, action: { kind: 'reply', text } });
        const mailer = aMailer(inbox.smtpUrl, { maxConnections: 1 });
        await expect(mailer.send(aMail(), going)).rejects.toEqual(refused);
        expect(inbox.count()).toBe(0);
        await mailer.send(aMail(), going);
        expect(inbox).toSatisfy(() => inbox.count() === 1 && inbox.connections().accepted === 1);
      },
    );
  });

  it.each([
    ['503 5.5.1 bad sequence', 'mail'],
    ['550 5.7.1 sender not authorised', 'mail'],
    ['553 5.1.8 sender unknown', 'mail'],
    ['530 5.7.0 authentication required', 'mail'],
    ['535 5.7.8 credentials', 'rcpt'],
  ] as const)('is not to blame for the reply %s', async (text, phase) => {
    const inbox = await once({ phase, action: { kind: 'reply', text } });
    await expect(aMailer(inbox.smtpUrl).send(aMail(), going)).rejects.toEqual(unavailable);
  });

  it.each(['554 5.3.2 no service', '421 4.3.2 too busy'])('is not to blame for a server that greets with %s', async (text) => {
    const inbox = await once({ phase: 'greeting', action: { kind: 'reply', text } });
    await expect(aMailer(inbox.smtpUrl).send(aMail(), going)).rejects.toEqual(unavailable);
  });

  it('is sent where the server only takes its time', async () => {
    const inbox = await anInbox({ pipelining });
    for (const phase of beforeTheBody) inbox.faults.add({ phase, action: { kind: 'delay', delayMs: 5 } });
    inbox.faults.add({ phase: 'dot', action: { kind: 'delay', delayMs: 5 } });
    await aMailer(inbox.smtpUrl).send(aMail(), going);
    expect(inbox.count()).toBe(1);
  });
});

describe('a mail', () => {
  it.each([{ greetingLimitMs: 50 }, { connectLimitMs: 50 }])('does not wait for a greeting longer than %j', async (limit) => {
    const inbox = await anInbox();
    inbox.faults.add({ phase: 'greeting', action: { kind: 'silence' } });
    await expect(aMailer(inbox.smtpUrl, limit).send(aMail(), going)).rejects.toEqual(unavailable);
  });

  it('for a server that refuses connections is unavailable, and is sent when it accepts them again', async () => {
    const inbox = await anInbox();
    await inbox.refuseConnections();
    const mailer = aMailer(inbox.smtpUrl);
    await expect(mailer.send(aMail(), going)).rejects.toEqual(unavailable);
    await inbox.acceptConnections();
    await mailer.send(aMail(), going);
    expect(inbox.count()).toBe(1);
  });

  it('larger than the server takes is refused before its body is sent', async () => {
    const inbox = await anInbox();
    const attempt = aMailer(inbox.smtpUrl).send(aMail({ text: 'x'.repeat(20 * 1024 * 1024) }), going);
    await expect(attempt).rejects.toEqual(failure('oversize', 'permanent'));
  });

  it('that fails never shows the address, though the server repeats it', async () => {
    const inbox = await anInbox();
    const texts = ['550 5.1.1 <kim@customers.example>: unknown', '451 4.7.1 kim@customers.example greylisted'];
    for (const text of texts) {
      inbox.faults.add({ phase: 'rcpt', action: { kind: 'reply', text }, times: 1 });
      const error: unknown = await aMailer(inbox.smtpUrl)
        .send(aMail(), going)
        .catch((reason: unknown) => reason);
      expect(error).toMatchObject({ message: expect.stringContaining(text.slice(0, 9)) as string });
      expect(inspect(error)).not.toMatch(/kim|customers/);
    }
    inbox.faults.add({ phase: 'dot', action: { kind: 'reply', text: '250 2.0.0 queued for <kim@customers.example>' } });
    await expect(aMailer(inbox.smtpUrl).send(aMail(), going)).resolves.toEqual({ response: '250 2.0.0 queued for …' });
  });

  it('has one recipient, whatever its fields say: no address is read out of a header', async () => {
    const inbox = await anInbox();
    const mailer = aMailer(inbox.smtpUrl);
    const treacherous = { name: 'x <evil@e.kr>, evil@e.kr', address: 'victim@y.kr' };
    await mailer.send(aMail({ to: treacherous, subject: 'Bcc: evil@e.kr' }), going);
    await expect(mailer.send(aMail({ to: { name: '', address: 'b@y.kr\r\nBcc: evil@e.kr' } }), going)).rejects.toEqual(refused);
    await expect(mailer.send(aMail({ to: { name: '', address: 'victim@y.kr, evil@e.kr' } }), going)).rejects.toEqual(refused);
    expect(inbox.received().map((mail) => mail.to)).toEqual([['victim@y.kr']]);
    expect((await inbox.messages())[0]?.shown.to).toEqual(['x <evil@e.kr>, evil@e.kr <victim@y.kr>']);
  });

  it('with lines that are dots arrives whole', async () => {
    const inbox = await anInbox();
    const text = '.\r\n..\r\n.hidden\r\n.\r\nMAIL FROM:<evil@e.kr>\r\n.';
    await aMailer(inbox.smtpUrl).send(aMail({ text, html: text }), going);
    const [mail] = await inbox.messages();
    expect(mail?.text.trimEnd()).toBe(text);
    expect(inbox.count()).toBe(1);
  });

  it('is never sent a second time by the mailer itself', async () => {
    const inbox = await anInbox();
    const mailer = aMailer(inbox.smtpUrl, { maxConnections: 2 });
    inbox.faults.add({ phase: 'dot', action: { kind: 'cut' }, probability: 0.5 });
    inbox.faults.add({ phase: 'mail', action: { kind: 'cut' }, probability: 0.5 });
    const mails = Array.from({ length: 40 }, (_, index) => aMailTo(`u${index}@x.example`));
    const results = await Promise.allSettled(mails.map((mail) => mailer.send(mail, going)));
    const mayBeThere = results.filter(
      (result) => result.status === 'fulfilled' || (result.reason as { code: string }).code === 'outcomeUnknown',
    );
    expect(inbox.doubles()).toEqual([]);
    expect(inbox.count()).toBe(mayBeThere.length);
    expect(mayBeThere.length).toBeGreaterThan(0);
    expect(mayBeThere.length).toBeLessThan(40);
  });
});
