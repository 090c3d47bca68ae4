import { of, timer, map, type Observable } from 'rxjs';
import { describe, expect, it } from 'vitest';
import { mapLines, type LineOptions } from '../../../operators/internal/chunks.ts';
import { WeirError } from '../../../src/errors.ts';
import { isOpen, type Message } from '../../../src/message/message.ts';
import { inVirtualTime } from '../../support/marbles.ts';

const options: LineOptions = { size: 3, maxWaitMs: 5, decided: 'gather' };

function drawnLine(line: readonly Message<string>[]): string {
  return line.map((message) => (isOpen(message) ? message.value : 'D')).join('');
}

/** Runs a drawing through lines that take `durationMs`; returns the lines. */
function linesOf(source: string, result: string, durationMs: number): string[] {
  const lines: string[] = [];
  const call = (line: readonly Message<string>[]): Observable<readonly Message<string>[]> => {
    lines.push(drawnLine(line));
    return timer(durationMs).pipe(map(() => line));
  };
  inVirtualTime(({ expectObservable, message$, drawn }) => {
    expectObservable(drawn(message$(source).pipe(mapLines('write', call, options)))).toBe(result);
  });
  return lines;
}

describe('mapLines, gathering decided messages too', () => {
  it('gives the call whole lines, decided messages in their place, never longer than the size', () => {
    expect(linesOf('(DaDDDb)|', '10ms (DaD) 5ms (DDb|)', 10)).toEqual(['DaD', 'DDb']);
  });

  it('gives the call lines without any open message', () => {
    expect(linesOf('DD-----|', '9ms (DD|)', 4)).toEqual(['DD']);
  });

  it('errors the chain when a message is lost in the call', () => {
    const lossy = (line: readonly Message<string>[]): Observable<readonly Message<string>[]> => of(line.slice(1));
    inVirtualTime(({ expectObservable, message$, drawn }) => {
      const error = new WeirError('defect', 'A line of 3 messages was answered by 2.');
      expectObservable(drawn(message$('(abc)|').pipe(mapLines('write', lossy, options)))).toBe('#', undefined, error);
    });
  });
});
