import { WeirError } from '../../errors.ts';
import type { Clock } from '../../message/clock.ts';

/** How the mail server is reached, and how much is asked of it. */
export interface SmtpOptions {
  /** `smtp://user:password@host:587` (STARTTLS) or `smtps://user:password@host:465` (TLS from the first byte). Credentials may be absent. */
  readonly url: string;
  readonly clock: Clock;
  /** True: a server without TLS is not used. False, for a simulator only: TLS where it is offered. Default true. */
  readonly requireTls?: boolean;
  /** Certificate authorities (PEM) that are trusted instead of the machine's; for a server with a private one. */
  readonly ca?: string;
  /** Our name in EHLO. Default: the machine's host name where it has a domain, else [127.0.0.1]. */
  readonly clientName?: string;
  /** Mails in dialogue at once. Default 10; too few wait for round trips, too many are refused by the server. */
  readonly maxConnections?: number;
  /** Mails before a connection is replaced. Default 100; many servers end a session near that number by themselves. */
  readonly maxMessages?: number;
  /** How long a connection is kept without a mail, in milliseconds. Default 30,000; servers close idle ones after one to five minutes. */
  readonly idleMs?: number;
  /** Until the connection stands, TLS included, in milliseconds. Default 10,000. */
  readonly connectLimitMs?: number;
  /** Until the server has greeted, in milliseconds. Default 10,000. */
  readonly greetingLimitMs?: number;
  /** Without a byte from the server in a dialogue, in milliseconds. Default 60,000; too small makes outcomes unknown that were only slow. */
  readonly silenceLimitMs?: number;
}

/** The options with their defaults, and the address taken apart. */
export interface SmtpSettings extends Required<Omit<SmtpOptions, 'url' | 'ca' | 'clientName'>> {
  readonly host: string;
  readonly port: number;
  /** TLS from the first byte. */
  readonly isSecure: boolean;
  readonly credentials: { readonly user: string; readonly pass: string } | undefined;
  readonly ca: string | undefined;
  readonly clientName: string | undefined;
}

/** Completes the options. An address that is not one, or a password that would travel in the clear, is an `invalidOption`. */
export function smtpSettings(options: SmtpOptions): SmtpSettings {
  const url = URL.parse(options.url);
  if (url === null || !/^smtps?:$/.test(url.protocol) || url.hostname === '') {
    throw new WeirError('invalidOption', "The mail server's address must look like smtp://host:587 or smtps://host:465.");
  }
  const isSecure = url.protocol === 'smtps:';
  const requireTls = options.requireTls ?? true;
  if (url.username !== '' && !isSecure && !requireTls) {
    throw new WeirError('invalidOption', 'Credentials for the mail server need TLS: set requireTls, or use smtps://.');
  }
  return {
    host: url.hostname.replace(/^\[(.*)\]$/, '$1'),
    port: url.port === '' ? (isSecure ? 465 : 587) : Number(url.port),
    isSecure,
    credentials: url.username === '' ? undefined : { user: decodeURIComponent(url.username), pass: decodeURIComponent(url.password) },
    clock: options.clock,
    requireTls,
    ca: options.ca,
    clientName: options.clientName,
    maxConnections: options.maxConnections ?? 10,
    maxMessages: options.maxMessages ?? 100,
    idleMs: options.idleMs ?? 30_000,
    connectLimitMs: options.connectLimitMs ?? 10_000,
    greetingLimitMs: options.greetingLimitMs ?? 10_000,
    silenceLimitMs: options.silenceLimitMs ?? 60_000,
  };
}
