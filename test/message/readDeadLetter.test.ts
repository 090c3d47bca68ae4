import { describe, expect, it } from 'vitest';
import type { DeadLetter } from '../../src/message/deadLetter.ts';
import { deadLetterHeaders } from '../../src/message/deadLetterHeaders.ts';
import { readDeadLetter } from '../../src/message/readDeadLetter.ts';

const letter: DeadLetter = {
  original: Buffer.from('{}'),
  key: '1001',
  headers: new Map([['trace', 't-1']]),
  partition: 'topic/0',
  position: '5-0',
  pipeline: 'billing.deliver',
  stage: 'record',
  code: 'refused',
  text: 'permanent: 550',
  attempts: 3,
  diedAt: new Date('2026-11-15T01:00:00Z'),
};

describe('a dead letter that is read back', () => {
  it('is the one that was written, with the headers of the original alone', () => {
    const entry = { key: '1001', headers: deadLetterHeaders(letter), partition: 'topic.dlt/0', position: '9-0', original: letter.original };
    expect(readDeadLetter(entry)).toEqual(letter);
  });

  it('of another program stands for itself, and says that it does not say why', () => {
    const entry = { key: 'k', headers: new Map([['trace', 't']]), partition: 'topic.dlt/0', position: '9-0', original: Buffer.from('x') };
    expect(readDeadLetter(entry)).toMatchObject({
      ...{ partition: 'topic.dlt/0', position: '9-0', code: 'undecodable', diedAt: undefined, attempts: 0 },
      text: 'put aside by another program, which does not say why',
      headers: new Map([['trace', 't']]),
    });
  });
});
