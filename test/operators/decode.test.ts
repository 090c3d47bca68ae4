import { concat, of, timer, ignoreElements, throwError, type Observable } from 'rxjs';
import { describe, expect, it } from 'vitest';
import * as z from 'zod';
import { decode } from '../../operators/decode.ts';
import { stageOf } from '../../operators/step.ts';
import { WeirError } from '../../src/errors.ts';
import type { Message, Open } from '../../src/message/message.ts';
import { aDecided, anOpen, aRun, type FakeRun, type RunOptions } from '../support/aRun.ts';
import { inVirtualTime } from '../support/marbles.ts';

const bill = z.strictObject({ id: z.string(), fee: z.object({ amountMinor: z.int() }) });

function bytes(text: string, run: FakeRun, key = 'key'): Open<Uint8Array> {
  return anOpen(new TextEncoder().encode(text), { run, key });
}

function decodeOne<T>(
  content: string | Uint8Array,
  schema: { parse(input: unknown): T },
): { run: FakeRun; seen: Message<T>[]; failure: unknown } {
  const run = aRun();
  const seen: Message<T>[] = [];
  let failure: unknown;
  const message = typeof content === 'string' ? bytes(content, run) : anOpen(content, { run });
  of(message)
    .pipe(decode(schema))
    .subscribe({ next: (decoded) => seen.push(decoded), error: (error: unknown) => (failure = error) });
  return { run, seen, failure };
}

function textOfDeadLetter(content: string | Uint8Array, schema: { parse(input: unknown): unknown } = bill): string {
  const { run, seen } = decodeOne(content, schema);
  expect(seen).toMatchObject([{ outcome: 'dead' }]);
  expect(run.deadLetters).toMatchObject([{ stage: 'decode', code: 'undecodable' }]);
  return run.deadLetters[0]?.text ?? '';
}

describe('decode', () => {
  it('is named decode', () => {
    expect(stageOf(decode(bill))).toBe('decode');
  });

  it('reads UTF-8 and JSON into what the schema says', () => {
    const { seen } = decodeOne('{"id":"청구서","fee":{"amountMinor":12}}', bill);
    expect(seen).toMatchObject([{ value: { id: '청구서', fee: { amountMinor: 12 } } }]);
  });

  it('names the field and what was expected, and no value', () => {
    const text = textOfDeadLetter('{"id":12345678,"fee":{"amountMinor":"secret"}}');
    expect(text).toBe('id: expected string; fee.amountMinor: expected number');
  });

  it('says how many more fields are wrong after the first five', () => {
    const schema = z.object(Object.fromEntries(['a', 'b', 'c', 'd', 'e', 'f', 'g'].map((name) => [name, z.string()])));
    expect(textOfDeadLetter('{}', schema)).toMatch(/^a: .*; e: [^;]*; and 2 more$/u);
  });

  it('puts bytes aside that are not UTF-8', () => {
    expect(textOfDeadLetter(Uint8Array.of(0x22, 0xff, 0x22))).toBe('UTF-8 was expected in these 3 bytes.');
  });

  it('puts text aside that is not JSON, without quoting it', () => {
    expect(textOfDeadLetter('{"name":"Kim Minsu"')).toBe('JSON was expected in these 19 bytes.');
    expect(textOfDeadLetter('')).toBe('JSON was expected in these 0 bytes.');
  });

  it.each(['{"__proto__":{"isAdmin":true}}', '{"a":{"constructor":{}}}', '{"\\u005f_proto__":{}}'])(
    'puts %s aside: its key reaches a prototype',
    (text) => {
      expect(textOfDeadLetter(text, z.unknown())).toMatch(/no such key is accepted/u);
    },
  );

  it('accepts those words and escapes in values', () => {
    expect(decodeOne('["__proto__","constructor","\\u00e9"]', z.unknown()).seen).toMatchObject([
      { value: ['__proto__', 'constructor', 'é'] },
    ]);
  });

  it('puts aside what a schema without issues refuses, without its text', () => {
    const schema = {
      parse: () => {
        throw new Error('Kim Minsu is not a number');
      },
    };
    expect(textOfDeadLetter('1', schema)).toBe('The schema refused the value: Error (see the log).');
  });

  it('keeps the code that the schema gives', () => {
    const { run, seen } = decodeOne('1', refuse(new WeirError('oversize', 'too large')));
    expect(run.deadLetters).toMatchObject([{ code: 'oversize', text: 'too large' }]);
    expect(seen).toMatchObject([{ outcome: 'dead', reason: 'too large' }]);
  });

  it('errors the chain for a newer version, and puts nothing aside', () => {
    const newer = new WeirError('newerVersion', 'version 3');
    const { run, seen, failure } = decodeOne('1', refuse(newer));
    expect(failure).toBe(newer);
    expect(seen).toEqual([]);
    expect(run.deadLetters).toEqual([]);
  });

  it('passes decided messages by', () => {
    const decided = aDecided();
    const seen: unknown[] = [];
    of(decided)
      .pipe(decode(bill))
      .subscribe((message) => seen.push(message));
    expect(seen).toEqual([decided]);
  });

  describe('with a dead letter that takes 3 ms', () => {
    const slowly: RunOptions = { deadLetter: () => timer(3) };

    it('lets the following messages by and completes after the write', () => {
      inVirtualTime(({ cold, expectObservable, run, drawn }) => {
        const message$ = cold('a?b|', { a: bytes('"a"', run), '?': bytes('?', run), b: bytes('"b"', run) });
        expectObservable(drawn(message$.pipe(decode(z.string())))).toBe('a-b-(x|)');
      }, slowly);
    });

    it('ends the write at unsubscription', () => {
      inVirtualTime(({ cold, expectObservable, run, drawn }) => {
        expectObservable(drawn(cold('?', { '?': bytes('?', run) }).pipe(decode(z.string()))), '--!').toBe('---');
      }, slowly);
    });
  });

  it('errors the chain when the dead letter cannot be written', () => {
    const failed = new WeirError('unavailable', 'no broker');
    const write = (): Observable<never> =>
      concat(
        timer(2).pipe(ignoreElements()),
        throwError(() => failed),
      );
    inVirtualTime(
      ({ cold, expectObservable, run, drawn }) => {
        expectObservable(drawn(cold('?a|', { '?': bytes('?', run), a: bytes('"a"', run) }).pipe(decode(z.string())))).toBe(
          '-a#',
          undefined,
          failed,
        );
      },
      { deadLetter: write },
    );
  });

  it.each([
    ['--|', '--|'],
    ['-', '-'],
    ['-#', '-#'],
    ['(aab|)', '(aab|)'],
  ])('turns %s into %s', (source, result) => {
    inVirtualTime(({ cold, expectObservable, run, drawn }) => {
      const values = { a: bytes('"a"', run), b: bytes('"b"', run) };
      expectObservable(drawn(cold(source, values).pipe(decode(z.string())))).toBe(result);
    });
  });
});

function refuse(error: Error): { parse(input: unknown): never } {
  return {
    parse: () => {
      throw error;
    },
  };
}
