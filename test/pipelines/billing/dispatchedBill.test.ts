import fc from 'fast-check';
import { expect, test } from 'vitest';
import { dispatchedBillSchema, emailTopic, encodeDispatchedBill, type DispatchedBill } from '../../../pipelines/billing/dispatchedBill.ts';
import { aDispatchedBill } from './support/aDispatchedBill.ts';

function written(bill: DispatchedBill = aDispatchedBill()): Record<string, unknown> {
  return JSON.parse(Buffer.from(encodeDispatchedBill(bill)).toString('utf8')) as Record<string, unknown>;
}

test('what is written reads back', () => {
  const id = fc.bigInt({ min: 1n, max: 2n ** 63n - 1n });
  const quietHours = fc.option(
    fc.record({
      start: fc.constantFrom('22:00', null),
      end: fc.constantFrom('08:00:00', null),
      zone: fc.constantFrom('Asia/Seoul', 'Europe/Berlin'),
    }),
  );
  fc.assert(
    fc.property(id, id, quietHours, (billId, publicInfoId, hours) => {
      const bill = aDispatchedBill({ billId, publicInfoId, quietHours: hours });
      expect(dispatchedBillSchema.parse(written(bill))).toEqual(bill);
      expect(encodeDispatchedBill(bill).length).toBeLessThan(emailTopic.maxSizeBytes);
    }),
  );
});

test('identifiers are decimal text, since readers of JSON numbers would round them', () => {
  expect(written(aDispatchedBill({ billId: 2n ** 63n - 1n }))).toEqual({
    version: 1,
    billId: '9223372036854775807',
    billingDate: '2026-11-01',
    publicInfoId: '1001',
    destination: 'example.com',
    quietHours: null,
  });
});

test('a message of a newer version is told apart, whatever else is in it', () => {
  expect(() => dispatchedBillSchema.parse({ version: 2, bill: 'of another shape' })).toThrow(
    expect.objectContaining({ code: 'newerVersion', message: expect.stringContaining('version 2') as string }),
  );
});

test.each<[string, unknown]>([
  ['no object', 'text'],
  ['null', null],
  ['no version', { ...written(), version: undefined }],
  ['version zero', { ...written(), version: 0 }],
  ['a version as text', { ...written(), version: '1' }],
  ['an unknown field', { ...written(), fee: '1' }],
  ['an unknown field of the quiet hours', { ...written(), quietHours: { start: null, end: null, zone: 'UTC', days: 'all' } }],
  ['a missing field', { ...written(), billId: undefined }],
  ['an id as a number', { ...written(), billId: 77 }],
  ['an id of zero', { ...written(), billId: '0' }],
  ['an id that is not decimal', { ...written(), billId: '0x4d' }],
  ['an id above 64 bits', { ...written(), billId: '9223372036854775808' }],
  ['a date within the month', { ...written(), billingDate: '2026-11-02' }],
  ['a month that does not exist', { ...written(), billingDate: '2026-13-01' }],
  ['an address for a destination', { ...written(), destination: 'gildong@example.com' }],
  ['a time that does not exist', { ...written(), quietHours: { start: '25:00', end: '08:00', zone: 'Asia/Seoul' } }],
  ['a zone that does not exist', { ...written(), quietHours: { start: '22:00', end: '08:00', zone: 'Asia/Seoull' } }],
])('refuses %s', (_, input) => {
  expect(() => dispatchedBillSchema.parse(input)).toThrow(expect.objectContaining({ code: 'undecodable' }));
});

test.each<[object, string]>([
  [{ version: -1 }, 'version: expected a number of 1 or more'],
  [{ billId: 77 }, 'billId: expected string'],
  [
    { billId: '0', billingDate: '2026-11-02' },
    'billId: expected a positive number as decimal text; billingDate: expected the first day of a month',
  ],
])('the error names the fields that are wrong in %j and what was expected, in one line', (wrong, sentence) => {
  const text = `Not a bill's message: ${sentence}`;
  expect(() => dispatchedBillSchema.parse({ ...written(), ...wrong })).toThrow(expect.objectContaining({ message: text }));
});

test('what a reader would refuse is not written', () => {
  expect(() => encodeDispatchedBill(aDispatchedBill({ billingDate: '2026-11-15' }))).toThrow(expect.objectContaining({ code: 'defect' }));
  expect(() => encodeDispatchedBill(aDispatchedBill({ billId: -1n }))).toThrow(expect.objectContaining({ code: 'defect' }));
});
