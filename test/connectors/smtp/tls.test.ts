import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { SMTPServer, type SMTPServerOptions } from 'smtp-server';
import { describe, expect, it } from 'vitest';
import { openMailer } from '../../../src/connectors/smtp/openMailer.ts';
import { realClock } from '../../../src/runtime/clock.ts';
import { aMail } from './aMail.ts';
import { localhostCertificate } from './localhostCertificate.ts';
import { aMailer, anInbox, closing, going } from './openings.ts';

/** A server that somebody else wrote, with a login. */
interface StrictServer {
  readonly port: number;
  /** Whether each mail came over TLS, and as whom. */
  readonly mails: { readonly secure: boolean; readonly user: string | undefined }[];
}

async function aStrictServer(options: SMTPServerOptions = {}): Promise<StrictServer> {
  const mails: StrictServer['mails'] = [];
  const server = new SMTPServer({
    ...localhostCertificate,
    disableReverseLookup: true,
    onAuth({ username, password }, _session, answer) {
      if (username === 'weir' && password === 'p@ss/word') answer(null, { user: username });
      else answer(new Error('wrong'));
    },
    onData(stream, session, answer) {
      stream.resume();
      stream.on('end', () => {
        mails.push({ secure: session.secure, user: session.user as string | undefined });
        answer(null);
      });
    },
    ...options,
  });
  server.on('error', () => undefined); // clients that refuse it are what is tested
  const listener = server.listen(0, '127.0.0.1');
  await once(listener, 'listening');
  closing(() => new Promise((resolve) => server.close(resolve)));
  return { port: (listener.address() as AddressInfo).port, mails };
}

const required = { requireTls: true, ca: localhostCertificate.cert };
const login = 'weir:p%40ss%2Fword';
const unavailable = (text: RegExp): unknown =>
  expect.objectContaining({ code: 'unavailable', kind: 'transient', message: expect.stringMatching(text) as string });

describe('a mailer that requires TLS', () => {
  it('upgrades a plain connection, logs in and sends', async () => {
    const server = await aStrictServer();
    const mailer = aMailer(`smtp://${login}@localhost:${server.port}`, required);
    await mailer.send(aMail(), going);
    await mailer.send(aMail(), going);
    expect(server.mails).toEqual([
      { secure: true, user: 'weir' },
      { secure: true, user: 'weir' },
    ]);
    await expect(mailer.reach(5_000)).resolves.toBeUndefined();
  });

  it('speaks TLS from the first byte where the address says smtps', async () => {
    const server = await aStrictServer({ secure: true });
    await aMailer(`smtps://${login}@localhost:${server.port}`, required).send(aMail(), going);
    expect(server.mails).toEqual([{ secure: true, user: 'weir' }]);
  });

  it('sends nothing to a server that does not offer it, as when STARTTLS was stripped on the way', async () => {
    const inbox = await anInbox();
    await expect(aMailer(inbox.smtpUrl, required).send(aMail(), going)).rejects.toEqual(unavailable(/STARTTLS/));
    expect(inbox.count()).toBe(0);
  });

  it('sends nothing to a server whose certificate nobody it trusts has signed', async () => {
    const server = await aStrictServer();
    const mailer = aMailer(`smtp://${login}@localhost:${server.port}`, { requireTls: true });
    await expect(mailer.send(aMail(), going)).rejects.toEqual(unavailable(/DEPTH_ZERO_SELF_SIGNED_CERT/));
    await expect(mailer.reach(5_000)).rejects.toEqual(unavailable(/DEPTH_ZERO_SELF_SIGNED_CERT/));
    expect(server.mails).toEqual([]);
  });

  it('sends nothing to a server whose certificate is for another host', async () => {
    const server = await aStrictServer();
    const mailer = aMailer(`smtp://${login}@127.0.0.1:${server.port}`, required);
    await expect(mailer.send(aMail(), going)).rejects.toEqual(unavailable(/ERR_TLS_CERT_ALTNAME_INVALID/));
    expect(server.mails).toEqual([]);
  });

  it('takes wrong credentials for a fault of the session: they refuse no mail, and are not shown', async () => {
    const server = await aStrictServer();
    const mailer = aMailer(`smtp://weir:wrong-secret@localhost:${server.port}`, required);
    await expect(mailer.send(aMail(), going)).rejects.toEqual(unavailable(/535.* to AUTH PLAIN/));
    await expect(mailer.send(aMail(), going)).rejects.not.toThrow(/wrong-secret|weir:/);
  });
});

describe('the address of a mail server', () => {
  it.each(['localhost:25', 'http://localhost:25', 'smtp://', ''])('is refused where it is %j', (url) => {
    expect(() => openMailer({ url, clock: realClock })).toThrow(expect.objectContaining({ code: 'invalidOption' }));
  });

  it('is refused with credentials that would travel in the clear', () => {
    const open = (): unknown => openMailer({ url: 'smtp://weir:secret@localhost:25', clock: realClock, requireTls: false });
    expect(open).toThrow(expect.objectContaining({ code: 'invalidOption' }));
    expect(open).not.toThrow(/secret/);
  });
});
