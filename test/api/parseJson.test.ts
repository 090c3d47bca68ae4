import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { NumberText } from '../../src/api/numberText.ts';
import { parseJson } from '../../src/api/parseJson.ts';
import { Problem } from '../../src/http/problem.ts';

const parsed = (text: string): unknown => parseJson(Buffer.from(text));

function refusal(bytes: Uint8Array | string): Problem['body'] {
  try {
    parseJson(typeof bytes === 'string' ? Buffer.from(bytes) : bytes);
  } catch (error) {
    if (error instanceof Problem) return error.body;
    throw error;
  }
  throw new Error('it was not refused');
}

describe('parseJson', () => {
  it.each([
    ['12000', 12_000],
    ['-1', -1],
    ['0', 0],
    ['9007199254740991', 9_007_199_254_740_991],
    ['9007199254740993', 9_007_199_254_740_993n],
    ['-9007199254740993', -9_007_199_254_740_993n],
    ['1e3', new NumberText('1e3')],
    ['12000.0', new NumberText('12000.0')],
    ['0.1', new NumberText('0.1')],
    ['-0', new NumberText('-0')],
  ])('reads %s without rounding', (text, value) => {
    expect(parsed(`{"list":[${text}]}`)).toEqual({ list: [value] });
  });

  it.each([
    ['nothing', '', 'the body is empty'],
    ['what is no JSON', '{"a":1,}', 'the body is none'],
    ['two values', '{} {}', 'the body is none'],
    ['a comment', '{} // more', 'the body is none'],
    ['NaN', '{"a":NaN}', 'the body is none'],
    ['a byte order mark', '\u{feff}{}', 'byte order mark'],
    ['invalid UTF-8', Uint8Array.of(0x22, 0xc3, 0x28, 0x22), 'UTF-8'],
    ['UTF-16', Buffer.from('{}', 'utf16le'), 'the body is none'],
    ['objects 17 deep', `${'{"a":'.repeat(17)}1${'}'.repeat(17)}`, '16 deep'],
    ['lists as deep as a body is large', '['.repeat(30_000) + ']'.repeat(30_000), '16 deep'],
    ['a list of 1,001', `[${Array(1_001).fill(1).join()}]`, '1000 parts'],
  ])('refuses %s', (_, bytes, detail) => {
    expect(refusal(bytes)).toMatchObject({ status: 400, detail: expect.stringContaining(detail) as string });
  });

  it('takes what is within each bound', () => {
    expect(parsed('['.repeat(16) + ']'.repeat(16))).toBeDefined();
    expect(parsed(`[${Array(1_000).fill(1).join()}]`)).toHaveLength(1_000);
    expect(parsed('{"a":{"a":1},"b":[{"a":1},{"a":2}],"text":"a\\"b:{,\\\\"}')).toBeDefined();
  });

  it.each(['__proto__', 'constructor', 'prototype', '\\u005f_proto__'])('refuses the name %s wherever it stands', (name) => {
    expect(refusal(`{"a":[{"${name}":1}]}`).fields).toEqual([{ field: JSON.parse(`"${name}"`) as string, expected: 'no such field' }]);
  });

  it.each(['amount', 'am\\u006funt'])('refuses a name twice in an object, also as %s', (name) => {
    expect(refusal(`{"amount":1,"${name}":2}`).fields).toEqual([{ field: 'amount', expected: 'expected once in its object' }]);
  });

  it('reads any JSON as JSON.parse does, where no name is twice', () => {
    const json = fc.json({ maxDepth: 8, noUnicodeString: false }).filter((text) => !/"(__proto__|constructor|prototype)"/.test(text));
    const plain = (value: unknown): unknown => (value instanceof NumberText ? Number(value.source) : value);
    fc.assert(
      fc.property(json, (text) => {
        const ours = JSON.stringify(parsed(text), (_, value: unknown) => (typeof value === 'bigint' ? Number(value) : plain(value)));
        expect(ours).toBe(JSON.stringify(JSON.parse(text)));
      }),
    );
  });

  it('answers any bytes with a value or with a problem', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 300 }), (bytes) => {
        try {
          parseJson(bytes);
        } catch (error) {
          expect(error).toBeInstanceOf(Problem);
        }
      }),
    );
  });
});
