import type { Socket } from 'node:net';
import type { FaultAction, Phase } from './faults.ts';

/** What a dialogue asks of its inbox. */
export interface DialogueHost {
  /** Whether the server offers to take several commands at once. */
  readonly pipelining: boolean;
  fault(phase: Phase, recipients: readonly string[]): FaultAction | undefined;
  /** Takes a mail; returns its number. */
  accept(from: string, to: readonly string[], raw: Buffer): number;
}

const maxSizeBytes = 25 * 1024 * 1024;
const lineEnd = Buffer.from('\r\n');
const dotLine = Buffer.from('\r\n.\r\n');
const stuffedDot = Buffer.from('\r\n..');
const nothing = (): void => undefined;

/**
 * The server's side of one SMTP connection (RFC 5321).
 *
 *     commands ⇄ body          on commands: MAIL, then RCPT, then DATA; the dot ends the body
 *         ↓        ↓
 *         waiting              an answer is delayed, or never comes: nothing more is read meanwhile
 *
 * Only CR LF ends a line and only CR LF . CR LF ends a mail, so a mail that hides a dot behind a bare line feed is one mail.
 */
export class SmtpDialogue {
  readonly #socket: Socket;
  readonly #host: DialogueHost;
  #input = Buffer.alloc(0);
  #searched = 0;
  #output = '';
  /** Between two bytes of the answers; undefined: they leave at once. */
  #byteMs: number | undefined;
  #state: 'commands' | 'body' | 'waiting' = 'commands';
  #bodyBegan = false;
  #isLeaving = false;
  #from: string | undefined;
  #to: string[] = [];
  #timer: NodeJS.Timeout | undefined;
  #byteTimer: NodeJS.Timeout | undefined;
  readonly #commands = new Map<string, (line: string) => void>([
    ['EHLO', () => this.#hello(this.#extensions())],
    ['HELO', () => this.#hello('250 inbox.example')],
    ['MAIL', (line) => this.#mail(line)],
    ['RCPT', (line) => this.#rcpt(line)],
    ['DATA', () => this.#data()],
    ['RSET', () => this.#reset()],
    ['NOOP', () => this.#say('250 2.0.0 ok')],
    ['QUIT', () => this.#quit()],
  ]);

  constructor(socket: Socket, host: DialogueHost) {
    this.#socket = socket;
    this.#host = host;
    socket.setNoDelay(true);
    socket.on('error', nothing); // clients vanish; that is their affair
    socket.on('close', () => this.#stopTimers());
    socket.on('data', (chunk) => {
      this.#input = this.#input.length === 0 ? chunk : Buffer.concat([this.#input, chunk]);
      this.#work();
    });
    this.#answer('greeting', '220 inbox.example ESMTP');
    this.#flush();
  }

  /** Answers nothing any more; the connection stays. */
  fallSilent(): void {
    this.#stopTimers();
    this.#state = 'waiting';
    this.#output = '';
  }

  #stopTimers(): void {
    clearTimeout(this.#timer);
    clearTimeout(this.#byteTimer);
    this.#byteTimer = undefined;
  }

  #work(): void {
    let hasMore = true;
    while (hasMore && !this.#socket.destroyed) {
      if (this.#state === 'waiting') hasMore = false;
      else hasMore = this.#state === 'body' ? this.#readBody() : this.#readCommand();
    }
    this.#flush();
  }

  #readCommand(): boolean {
    const end = this.#input.indexOf(lineEnd);
    if (end === -1) return false;
    const line = this.#input.toString('latin1', 0, end);
    this.#input = this.#input.subarray(end + lineEnd.length);
    this.#command(line);
    return true;
  }

  #command(line: string): void {
    const verb = /^[a-z]+/i.exec(line)?.[0].toUpperCase() ?? '';
    const command = this.#commands.get(verb);
    if (command === undefined) this.#say('500 5.5.1 not a command');
    else command(line);
  }

  #hello(answer: string): void {
    this.#forget();
    this.#answer('ehlo', answer);
  }

  #extensions(): string {
    const offers = [...(this.#host.pipelining ? ['PIPELINING'] : []), '8BITMIME', 'ENHANCEDSTATUSCODES', `SIZE ${maxSizeBytes}`];
    return ['inbox.example', ...offers].map((offer, index) => `250${index === offers.length ? ' ' : '-'}${offer}`).join('\r\n');
  }

  #mail(line: string): void {
    const [, from, parameters = ''] = /^MAIL FROM:<([^<>]*)>(.*)$/i.exec(line) ?? [];
    const sizeBytes = Number(/ SIZE=(\d+)/i.exec(parameters)?.[1] ?? 0);
    if (from === undefined) this.#say('501 5.5.4 MAIL FROM:<address>');
    else if (this.#from !== undefined) this.#say('503 5.5.1 one mail at a time');
    else if (sizeBytes > maxSizeBytes) this.#say('552 5.3.4 too large');
    else this.#answer('mail', '250 2.1.0 ok', () => (this.#from = from));
  }

  #rcpt(line: string): void {
    const recipient = /^RCPT TO:<([^<>]+)>/i.exec(line)?.[1];
    if (recipient === undefined) this.#say('501 5.5.4 RCPT TO:<address>');
    else if (this.#from === undefined) this.#say('503 5.5.1 MAIL first');
    else this.#answer('rcpt', '250 2.1.5 ok', () => this.#to.push(recipient), [recipient]);
  }

  #data(): void {
    if (this.#to.length === 0) this.#say('503 5.5.1 no recipients');
    else this.#answer('data', '354 go on', () => this.#beginBody());
  }

  #reset(): void {
    this.#forget();
    this.#say('250 2.0.0 forgotten');
  }

  #beginBody(): void {
    this.#state = 'body';
    this.#bodyBegan = false;
    this.#searched = 0;
  }

  #quit(): void {
    this.#say('221 2.0.0 bye');
    this.#hangUp();
  }

  #readBody(): boolean {
    if (this.#input.length === 0) return false;
    if (!this.#bodyBegan) {
      this.#bodyBegan = true;
      const fault = this.#host.fault('body', this.#to);
      if (fault !== undefined) {
        this.#strike(fault, nothing);
        return this.#state === 'body';
      }
    }
    const isEmpty = this.#input.indexOf('.\r\n') === 0;
    const end = isEmpty ? 0 : this.#input.indexOf(dotLine, this.#searched);
    if (end === -1) {
      this.#searched = Math.max(0, this.#input.length - dotLine.length + 1);
      if (this.#input.length > maxSizeBytes) this.#socket.destroy();
      return false;
    }
    const body = isEmpty ? Buffer.alloc(0) : unstuffed(this.#input.subarray(0, end + lineEnd.length));
    this.#input = this.#input.subarray(isEmpty ? 3 : end + dotLine.length);
    this.#state = 'commands';
    this.#end(body);
    return true;
  }

  /** The dot arrived: unless it is refused, the mail is kept before anything is answered. */
  #end(body: Buffer): void {
    const [from, to] = [this.#from ?? '', this.#to];
    this.#forget();
    const fault = this.#host.fault('dot', to);
    if (fault?.kind === 'reply' || fault?.kind === 'drop') {
      this.#strike(fault, nothing);
      return;
    }
    const id = this.#host.accept(from, to, body);
    const answer = (): void => {
      this.#say(`250 2.0.0 kept as ${id}`);
      const after = this.#host.fault('sent', to);
      if (after === undefined) return;
      this.#hangUp();
      if (after.kind === 'call') after.call();
    };
    if (fault === undefined) answer();
    else this.#strike(fault, answer);
  }

  #answer(phase: Phase, usual: string, then: () => void = nothing, recipients: readonly string[] = this.#to): void {
    const proceed = (): void => {
      this.#say(usual);
      then();
    };
    const fault = this.#host.fault(phase, recipients);
    if (fault === undefined) proceed();
    else this.#strike(fault, proceed);
  }

  #strike(fault: FaultAction, proceed: () => void): void {
    switch (fault.kind) {
      case 'reply':
        this.#say(fault.text);
        if (fault.text.startsWith('421')) this.#hangUp();
        return;
      case 'trickle':
        this.#byteMs = fault.byteMs;
        proceed();
        return;
      case 'cut':
      case 'drop':
        this.#flush();
        this.#socket.destroy();
        return;
      case 'call':
      case 'silence':
        this.#flush();
        this.#state = 'waiting';
        if (fault.kind === 'call') fault.call();
        return;
      case 'delay': {
        const before = this.#state;
        this.#flush();
        this.#state = 'waiting';
        this.#timer = setTimeout(() => {
          this.#state = before;
          proceed();
          this.#work();
        }, fault.delayMs);
      }
    }
  }

  #forget(): void {
    this.#from = undefined;
    this.#to = [];
  }

  #say(line: string): void {
    this.#output += `${line}\r\n`;
  }

  /** Answers to commands that came together leave together. */
  #flush(): void {
    if (this.#output === '' || this.#socket.destroyed) return;
    if (this.#byteMs !== undefined) {
      this.#byteTimer ??= setTimeout(() => this.#trickle(), this.#byteMs);
      return;
    }
    this.#socket.write(this.#output, 'latin1');
    this.#output = '';
  }

  #trickle(): void {
    this.#byteTimer = undefined;
    this.#socket.write(this.#output.slice(0, 1), 'latin1');
    this.#output = this.#output.slice(1);
    if (this.#output === '' && this.#isLeaving) this.#socket.destroySoon();
    this.#flush();
  }

  #hangUp(): void {
    this.#flush();
    this.#state = 'waiting';
    this.#isLeaving = true;
    if (this.#output === '') this.#socket.destroySoon();
  }
}

function unstuffed(body: Buffer): Buffer {
  if (!body.includes(stuffedDot) && body.indexOf('..') !== 0) return body;
  return Buffer.from(body.toString('latin1').replace(/(^|\r\n)\.\./g, '$1.'), 'latin1');
}
