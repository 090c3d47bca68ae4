import { afterEach } from 'vitest';
import { startInbox, type Inbox, type InboxOptions } from '../../../simulators/inbox.ts';
import type { Mailer } from '../../../src/connectors/mailer.ts';
import { openMailer } from '../../../src/connectors/smtp/openMailer.ts';
import type { SmtpOptions } from '../../../src/connectors/smtp/smtpOptions.ts';
import { realClock } from '../../../src/runtime/clock.ts';

const closings: (() => Promise<void>)[] = [];

afterEach(async () => {
  for (const close of closings.splice(0).reverse()) await close();
});

/** Closes something after the test. */
export function closing(close: () => Promise<void>): void {
  closings.push(close);
}

/** An inbox for one test. */
export async function anInbox(options: InboxOptions = {}): Promise<Inbox> {
  const inbox = await startInbox(options);
  closing(() => inbox.close());
  return inbox;
}

/** A mailer for one test, without TLS unless asked for; closed before its inbox. */
export function aMailer(url: string, options: Partial<SmtpOptions> = {}): Mailer {
  const mailer = openMailer({ url, clock: realClock, requireTls: false, ...options });
  closing(() => mailer.close());
  return mailer;
}

/** A signal that is never aborted. */
export const going: AbortSignal = new AbortController().signal;
