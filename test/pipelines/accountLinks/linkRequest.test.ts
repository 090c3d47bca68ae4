import { describe, expect, it } from 'vitest';
import { encodeAgain, linkRequestSchema } from '../../../pipelines/accountLinks/linkRequest.ts';
import { codeOf, textOf } from '../../../src/errors.ts';

const schema = linkRequestSchema(['ALPHA', 'BRAVO']);
const asked = { requestId: 'req-1', accountId: 'acc-1', partner: 'ALPHA', accountNumber: '110-234-567890' };

const errorOf = (input: unknown): unknown => {
  try {
    return schema.parse(input);
  } catch (error) {
    return error;
  }
};

describe('a request on the stream', () => {
  it.each([
    ['110-234-567890', '110234567890'],
    ['110 234 567890', '110234567890'],
    ['kr12abcd345678', 'KR12ABCD345678'],
  ])('is read with its account number in one spelling: %s', (accountNumber, read) => {
    expect(schema.parse({ ...asked, accountNumber })).toEqual({ ...asked, accountNumber: read });
    expect(schema.parse({ version: 1, ...asked, accountNumber })).toEqual({ ...asked, accountNumber: read });
  });

  it('that is to be tried again holds no account number', () => {
    const written: unknown = JSON.parse(Buffer.from(encodeAgain({ requestId: 'req-1', accountId: 'acc-1', partner: 'GONE' })).toString());
    expect(schema.parse(written)).toEqual({ requestId: 'req-1', accountId: 'acc-1', partner: 'GONE', accountNumber: undefined });
  });

  it.each([
    ['no object', 7, 'value'],
    ['no requestId', { ...asked, requestId: undefined }, 'requestId'],
    ['a requestId that is none', { ...asked, requestId: 'a b' }, 'requestId'],
    ['no accountId', { ...asked, accountId: undefined }, 'accountId'],
    ['an accountId that is none', { ...asked, accountId: '' }, 'accountId'],
    ['no partner', { ...asked, partner: undefined }, 'partner'],
    ['an unknown partner', { ...asked, partner: 'ZULU' }, 'partner: expected the code of a partner: ALPHA, BRAVO'],
    ['no account number', { ...asked, accountNumber: undefined }, 'accountNumber'],
    ['an account number that is none', { ...asked, accountNumber: 'hello world' }, 'accountNumber: expected an account number'],
    ['one of too few digits', { ...asked, accountNumber: '12-345' }, 'accountNumber: expected an account number'],
    ['one that is a number', { ...asked, accountNumber: 110234567890 }, 'accountNumber'],
    ['a field that there is not', { ...asked, color: 'red' }, 'color'],
  ])('is refused with the name of its field, and without its values: %s', (_name, input, field) => {
    const error = errorOf(input);
    expect(codeOf(error)).toBe('undecodable');
    expect(textOf(error)).toContain(field);
    expect(textOf(error)).not.toMatch(/hello|ZULU|12-345|110/);
  });

  it('of another program with a version that there is not is put aside: no upgrade of ours would bring it', () => {
    expect(codeOf(errorOf({ ...asked, version: 2 }))).toBe('undecodable');
  });

  it('of our own in a newer version waits for an upgrade', () => {
    expect(codeOf(errorOf({ ...asked, accountNumber: undefined, again: true, version: 2 }))).toBe('newerVersion');
  });
});
