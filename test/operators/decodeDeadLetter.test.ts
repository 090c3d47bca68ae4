import { of } from 'rxjs';
import { describe, expect, it } from 'vitest';
import { decodeDeadLetter } from '../../operators/decodeDeadLetter.ts';
import { stageOf } from '../../operators/step.ts';
import { WeirError } from '../../src/errors.ts';
import { deadLetterHeaders } from '../../src/message/deadLetterHeaders.ts';
import { deadLetterOf } from '../../src/message/deadLetter.ts';
import type { Message } from '../../src/message/message.ts';
import type { StoredDeadLetter } from '../../src/message/readDeadLetter.ts';
import { aDecided, anEnvelope, anOpen } from '../support/aRun.ts';

const bytes = new TextEncoder().encode('{');

function decoded(message: Message<Uint8Array>): Message<StoredDeadLetter> | undefined {
  let seen: Message<StoredDeadLetter> | undefined;
  of(message)
    .pipe(decodeDeadLetter())
    .subscribe((result) => (seen = result));
  return seen;
}

describe('decodeDeadLetter', () => {
  it('is named decodeDeadLetter', () => {
    expect(stageOf(decodeDeadLetter())).toBe('decodeDeadLetter');
  });

  it('reads the reason, and where the original was read, from the headers', () => {
    const original = anEnvelope({
      key: '7',
      partition: 'bills/0',
      position: '1-0',
      original: bytes,
      headers: new Map([['traceparent', 'a']]),
    });
    const letter = deadLetterOf(original, 'decode', new WeirError('undecodable', 'JSON was expected'));
    const entry = anOpen(bytes, { key: '7', partition: 'bills.dlt/0', position: '9-0', headers: deadLetterHeaders(letter) });
    expect(decoded(entry)).toMatchObject({
      envelope: { position: '9-0' },
      value: {
        ...{ key: '7', partition: 'bills/0', position: '1-0', stage: 'decode', code: 'undecodable', original: bytes },
        headers: new Map([['traceparent', 'a']]),
      },
    });
  });

  it('refuses nothing: what another program put aside was read where it stands', () => {
    const entry = anOpen(bytes, { key: '7', partition: 'bills.dlt/0', position: '9-0' });
    expect(decoded(entry)).toMatchObject({ value: { partition: 'bills.dlt/0', position: '9-0', code: 'undecodable', original: bytes } });
  });

  it('lets decided messages pass', () => {
    const decision = aDecided();
    expect(decoded(decision)).toBe(decision);
  });
});
