import { from, lastValueFrom, toArray } from 'rxjs';
import { describe, expect, it } from 'vitest';
import { deadLetters, emailDeadLetters, type DeadLettersPorts } from '../../../pipelines/billing/deadLetters.pipeline.ts';
import { deadLettersOptions } from '../../../pipelines/billing/deadLettersOptions.ts';
import { emailTopic, encodeDispatchedBill } from '../../../pipelines/billing/dispatchedBill.ts';
import type { FailedMail } from '../../../pipelines/billing/failedMail.ts';
import { systems } from '../../../pipelines/index.ts';
import { WeirError } from '../../../src/errors.ts';
import type { DeadLetter } from '../../../src/message/deadLetter.ts';
import { deadLetterHeaders } from '../../../src/message/deadLetterHeaders.ts';
import { anOpen, aRun, type FakeRun } from '../../support/aRun.ts';
import { aDispatchedBill } from './support/aDispatchedBill.ts';

function aLetter(changes: Partial<DeadLetter> = {}): DeadLetter {
  const place = { key: '1001', headers: new Map<string, string>(), partition: emailTopic.name, position: '1-0' };
  const reason = { pipeline: 'billing.deliver', stage: 'record', code: 'refused', text: 'permanent: 550', attempts: 1 } as const;
  return { original: encodeDispatchedBill(aDispatchedBill()), ...place, ...reason, diedAt: new Date(0), ...changes };
}

/** Sends letters through the chain; each ends exactly once. */
async function logged(
  letters: readonly DeadLetter[],
  refuses: (mail: FailedMail) => boolean = () => false,
): Promise<{ ends: readonly string[]; rows: readonly FailedMail[]; run: FakeRun }> {
  const run = aRun();
  const rows: FailedMail[] = [];
  const ports: DeadLettersPorts = {
    bus: {
      subscribe: () => {
        throw new Error('the source is not asked');
      },
    },
    failures: {
      log: (mails) => {
        if (mails.some(refuses)) return Promise.reject(new WeirError('constraint', 'a row that the database does not accept'));
        rows.push(...mails);
        return Promise.resolve(mails);
      },
    },
  };
  const messages = letters.map((letter, index) =>
    anOpen<Uint8Array>(letter.original, { position: String(index), headers: deadLetterHeaders(letter), run }),
  );
  const chain = deadLetters.chain(from(messages), ports, deadLettersOptions.parse({}));
  const left = await lastValueFrom(chain.pipe(toArray()), { defaultValue: [] });
  const ends = new Map(left.map((message) => [message.envelope.position, message.outcome ?? 'done']));
  expect([left.length, ends.size]).toEqual([letters.length, letters.length]);
  return { ends: letters.map((_, index) => ends.get(String(index)) ?? 'lost'), rows, run };
}

describe('billing.deadLetters', () => {
  it('logs every letter, whatever it holds', async () => {
    const { ends, rows } = await logged([aLetter(), aLetter({ original: Buffer.from([0xff]), position: '2-0', code: 'undecodable' })]);
    expect(ends).toEqual(['done', 'done']);
    expect(rows).toMatchObject([
      { origin: `${emailTopic.name} 1-0`, bill: { billId: 77n }, code: 'refused' },
      { origin: `${emailTopic.name} 2-0`, bill: undefined, code: 'undecodable' },
    ]);
  });

  it('puts the one aside that no row can hold, and logs its neighbours', async () => {
    const letters = [1, 2, 3, 4].map((id) => aLetter({ position: `${id}-0` }));
    const { ends, rows, run } = await logged(letters, ({ origin }) => origin.endsWith(' 3-0'));
    expect(ends).toEqual(['done', 'done', 'dead', 'done']);
    expect(rows.map(({ origin }) => origin.slice(-3))).toEqual(['1-0', '2-0', '4-0']);
    expect(run.deadLetters).toMatchObject([{ stage: 'log', code: 'constraint' }]);
  });

  it('ends at a letter of a newer version, which is neither logged nor put aside', async () => {
    const newer = aLetter({ original: Buffer.from('{"version":99}') });
    const asked: FailedMail[] = [];
    const end = logged([newer], (mail) => asked.push(mail) > 0);
    await expect(end).rejects.toMatchObject({ code: 'newerVersion' });
    expect(asked).toEqual([]);
  });

  it('puts nothing aside where it, or any other pipeline, would read it again', () => {
    const read = systems.topics.map(({ name }) => name);
    expect(read).toContain(emailDeadLetters.name);
    expect(emailDeadLetters.name).toBe(emailTopic.deadLetters);
    expect(read).not.toContain(emailDeadLetters.deadLetters);
  });
});
