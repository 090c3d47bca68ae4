import PostalMime from 'postal-mime';

/** What is kept of each mail: everything, who wrote to whom, or only how many there were. */
export type Keep = 'all' | 'envelopes' | 'none';

/** A mail as the dialogue gave it. */
export interface ReceivedMail {
  /** From 1, in the order of arrival. */
  readonly id: number;
  readonly receivedAt: Date;
  /** Of the envelope. */
  readonly from: string;
  readonly to: readonly string[];
  /** `<…>`; empty where the mail has none. */
  readonly messageId: string;
  /** The bytes with their dots unstuffed; empty where only envelopes are kept. */
  readonly raw: Buffer;
}

/** A mail as a person reads it. */
export interface InboxMail extends Omit<ReceivedMail, 'raw'> {
  readonly subject: string;
  readonly text: string;
  readonly html: string;
  /** The addresses that the headers show, which need not be those of the envelope. */
  readonly shown: { readonly from: string; readonly to: readonly string[] };
  readonly headers: ReadonlyMap<string, string>;
}

const headersEnd = Buffer.from('\r\n\r\n');

/** The mails of an inbox, in memory. */
export class MailStore {
  readonly #keep: Keep;
  readonly #now: () => Date;
  #mails: ReceivedMail[] = [];
  #count = 0;
  readonly #waiting = new Set<() => void>();

  constructor(keep: Keep, now: () => Date) {
    this.#keep = keep;
    this.#now = now;
  }

  /** Mails since the start or the last `clear`. */
  get count(): number {
    return this.#count;
  }

  add(from: string, to: readonly string[], raw: Buffer): number {
    this.#count += 1;
    if (this.#keep !== 'none') {
      const kept = this.#keep === 'all' ? raw : Buffer.alloc(0);
      this.#mails.push({ id: this.#count, receivedAt: this.#now(), from, to, messageId: messageIdOf(raw), raw: kept });
    }
    for (const check of this.#waiting) check();
    return this.#count;
  }

  /** The kept mails, those whose recipient contains `to` where it is given. */
  received(to = ''): readonly ReceivedMail[] {
    return this.#mails.filter((mail) => mail.to.some((recipient) => recipient.includes(to)));
  }

  /** How often each Message-ID came. */
  timesByMessageId(): ReadonlyMap<string, number> {
    const times = new Map<string, number>();
    for (const { messageId } of this.#mails) times.set(messageId, (times.get(messageId) ?? 0) + 1);
    return times;
  }

  clear(): void {
    this.#mails = [];
    this.#count = 0;
  }

  /** Resolves when there are `count` mails; rejects after the limit, saying how many there are. */
  async until(count: number, limitMs: number): Promise<void> {
    if (this.#count >= count) return;
    await new Promise<void>((resolve, reject) => {
      const check = (): void => {
        if (this.#count >= count) end(resolve);
      };
      const timer = setTimeout(
        () => end(() => reject(new Error(`The inbox has ${this.#count} of ${count} mails after ${limitMs} ms.`))),
        limitMs,
      );
      const end = (settle: () => void): void => {
        clearTimeout(timer);
        this.#waiting.delete(check);
        settle();
      };
      this.#waiting.add(check);
    });
  }
}

/** Reads a mail's parts. */
export async function parseMail({ raw, ...envelope }: ReceivedMail): Promise<InboxMail> {
  const mail = await PostalMime.parse(raw);
  return {
    ...envelope,
    subject: mail.subject ?? '',
    text: mail.text ?? '',
    html: mail.html ?? '',
    shown: { from: shownAddress(mail.from), to: (mail.to ?? []).map(shownAddress) },
    headers: new Map(mail.headers.map(({ key, value }) => [key, value])),
  };
}

function shownAddress(address: { readonly name: string; readonly address?: string | undefined } | undefined): string {
  return address === undefined ? '' : `${address.name} <${address.address ?? ''}>`.trim();
}

function messageIdOf(raw: Buffer): string {
  const end = raw.indexOf(headersEnd);
  return /^message-id:\s*(<[^>\r\n]*>)/im.exec(raw.toString('latin1', 0, end === -1 ? raw.length : end))?.[1] ?? '';
}
