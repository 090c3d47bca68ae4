import { describe, expect, it } from 'vitest';
import { RowLine } from '../../../src/runtime/jobs/rowLine.ts';

describe('a line of rows', () => {
  it('numbers rows from the first of the partition and places them from the first that was read here', () => {
    const line = new RowLine(100);
    for (const position of ['x', 'y', 'z']) line.read(position, false);
    expect(line.numberOf('x')).toBe(101);
    expect(line.placeOf('z')).toBe(2);
  });

  it('counts no row that is given again, however many of those have moved on', () => {
    const line = new RowLine(100);
    line.read('w', true);
    line.read('x', false);
    expect([line.numberOf('w'), line.numberOf('x')]).toEqual([0, 101]);
    expect([line.placeOf('w'), line.placeOf('x')]).toEqual([0, 1]);
  });

  it('keeps only what is above the watermark', () => {
    const line = new RowLine(0);
    for (const position of ['x', 'y', 'z']) line.read(position, false);
    line.leave('y');
    expect(line.numberOf('y')).toBe(0);
    expect(line.placeOf('z')).toBe(2);
  });

  it('refuses a position that two rows have', () => {
    const line = new RowLine(0);
    line.read('x', false);
    expect(() => line.read('x', false)).toThrow('Two rows have the position x');
  });

  it('refuses a row that was not read', () => {
    expect(() => new RowLine(0).placeOf('x')).toThrow('had not been read');
  });
});
