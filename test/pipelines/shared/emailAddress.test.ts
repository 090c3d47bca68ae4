import { expect, test } from 'vitest';
import { domainOf, normalizeEmail } from '../../../pipelines/shared/emailAddress.ts';

test('addresses that differ in case, spaces or spelling of a letter are one', () => {
  expect(normalizeEmail(' Gildong.Hong@Example.COM\n')).toBe('gildong.hong@example.com');
  expect(normalizeEmail('jose\u0301@example.com')).toBe(normalizeEmail('JOS\u00c9@example.com'));
});

test.each([
  ['gildong@Example.COM', 'example.com'],
  ['"a@b"@example.com', 'example.com'],
  ['nobody', ''],
])('the domain of %s is "%s"', (address, domain) => {
  expect(domainOf(address)).toBe(domain);
});
