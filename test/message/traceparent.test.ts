import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { formatTraceparent, parseTraceparent } from '../../src/message/traceparent.ts';

const traceId = '4bf92f3577b34da6a3ce929d0e0e4736';
const parentId = '00f067aa0ba902b7';
const good = `00-${traceId}-${parentId}-01`;

const hex = (digits: number): fc.Arbitrary<string> =>
  fc
    .array(fc.constantFrom(...Array.from('0123456789abcdef')), { minLength: digits, maxLength: digits })
    .map((all) => all.join(''))
    .filter((text) => /[^0]/.test(text));

describe('a traceparent', () => {
  it.each<readonly [string, string, number]>([
    ['the example of the standard', good, 1],
    ['one that was not recorded', `00-${traceId}-${parentId}-00`, 0],
    ['one with a random trace id', `00-${traceId}-${parentId}-03`, 3],
    ['flags that mean nothing yet, which are dropped', `00-${traceId}-${parentId}-fd`, 1],
    ['a later version', `01-${traceId}-${parentId}-01`, 1],
    ['a later version with more fields', `cc-${traceId}-${parentId}-01-what-the-future-will-be-like`, 1],
  ])('is read: %s', (_, text, flags) => {
    expect(parseTraceparent(text)).toEqual({ traceId, parentId, flags });
  });

  it.each<readonly [string, string]>([
    ['nothing', ''],
    ['capitals', good.toUpperCase()],
    ['a trace of zeros', `00-${'0'.repeat(32)}-${parentId}-01`],
    ['a step of zeros', `00-${traceId}-${'0'.repeat(16)}-01`],
    ['the version that there will never be', `ff-${traceId}-${parentId}-01`],
    ['more than this version has', `${good}-more`],
    ['a later version that runs on', `01-${traceId}-${parentId}-01x`],
    ['too short a trace', `00-${traceId.slice(1)}-${parentId}-01`],
    ['too long a step', `00-${traceId}-${parentId}0-01`],
    ['another sign between', good.replaceAll('-', '_')],
    ['a space before', ` ${good}`],
    ['a line behind', `${good}\n`],
    ['two that were joined', `${good}, ${good}`],
    ['letters that are no digits', `00-${'g'.repeat(32)}-${parentId}-01`],
  ])('is none: %s', (_, text) => {
    expect(parseTraceparent(text)).toBeUndefined();
  });

  it('is read as it was written', () => {
    const traceparent = fc.record({ traceId: hex(32), parentId: hex(16), flags: fc.integer({ min: 0, max: 3 }) });
    fc.assert(
      fc.property(traceparent, (written) => {
        expect(parseTraceparent(formatTraceparent(written))).toEqual({ ...written });
      }),
    );
  });

  it('is none, or written again by as many characters, whatever a stranger sends', () => {
    const mangled = fc
      .tuple(fc.nat(54), fc.string({ minLength: 1, maxLength: 1 }))
      .map(([at, sign]) => good.slice(0, at) + sign + good.slice(at + 1));
    const anything = fc.oneof(
      fc.string({ unit: 'binary', maxLength: 60 }),
      fc.string().map((text) => good + text),
      mangled,
    );
    fc.assert(
      fc.property(anything, (text) => {
        const read = parseTraceparent(text);
        if (read === undefined) return;
        expect(formatTraceparent(read)).toMatch(/^00-[0-9a-f]{32}-[0-9a-f]{16}-0[0-3]$/);
        expect(text.slice(3, 52)).toBe(formatTraceparent(read).slice(3, 52));
      }),
      { numRuns: 500 },
    );
  });
});
