import { expect, it } from 'vitest';
import { instantText, textWithInstant } from '../../src/commandLine/instantText.ts';

it('an instant is written in UTC and says so', () => {
  expect(instantText(new Date('2026-11-22T13:15:09.999+09:00'))).toBe('2026-11-22 04:15:09 UTC');
});

it.each([
  ['2026-11-22T04:15:09.123Z', '2026-11-22 04:15:09 UTC'],
  ['2026-11-22T13:15:09.123456+09:00', '2026-11-22 04:15:09 UTC'],
  ['2026-11-22T04:15:09', '2026-11-22T04:15:09'],
  ['2026-13-45T04:15:09Z', '2026-13-45T04:15:09Z'],
  ['2026-11-22', '2026-11-22'],
  ['since 2026-11-22T04:15:09Z', 'since 2026-11-22T04:15:09Z'],
])('the text %s is shown as %s', (text, shown) => {
  expect(textWithInstant(text)).toBe(shown);
});
