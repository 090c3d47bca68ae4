import { concat, NEVER, Observable, of, timer } from 'rxjs';
import { describe, expect, it } from 'vitest';
import { mapEach, type Moment } from '../../operators/mapEach.ts';
import { WeirError } from '../../src/errors.ts';
import { dead, defer, skip, type Answer } from '../../src/message/decision.ts';
import { anOpen, aRun } from '../support/aRun.ts';
import { inVirtualTime } from '../support/marbles.ts';
import { describeStage } from '../support/stageChecklist.ts';

/** Upper case; s is skipped, p deferred, x dead, and the digits throw. */
function decide(letter: string): Answer<string> {
  switch (letter) {
    case 's':
      return skip('a duplicate');
    case 'p':
      return defer('its row waits');
    case 'x':
      return dead(new WeirError('refused', 'not ours'));
    case '1':
      throw new WeirError('constraint', 'a negative fee');
    case '2':
      throw new TypeError('row 17 of Kim Minsu');
    case '3':
      throw new WeirError('unavailable', 'no database');
    default:
      return letter.toUpperCase();
  }
}

describe('mapEach', () => {
  describeStage('decide', () => mapEach(decide));

  it('answers one and many in order, decided ones in their place', () => {
    inVirtualTime(({ expectObservable, message$, drawn }) => {
      expectObservable(drawn(message$('a|').pipe(mapEach(decide)))).toBe('A|');
      expectObservable(drawn(message$('aDb(csp)|').pipe(mapEach(decide)))).toBe('ADB(Csp)|');
    });
  });

  it('gives the function the moment of the message', () => {
    const moments: Moment[] = [];
    const look = (value: string, moment: Moment): string => {
      moments.push(moment);
      return value;
    };
    inVirtualTime(
      ({ cold, flush, run }) => {
        cold('---a|', { a: anOpen('a', { run, key: 'member-7', attempt: 3 }) })
          .pipe(mapEach(look))
          .subscribe();
        flush();
      },
      { startsAt: new Date('2026-11-01T00:00:00Z') },
    );
    expect(moments).toEqual([{ now: new Date('2026-11-01T00:00:00.003Z'), attempt: 3, key: 'member-7' }]);
  });

  it('errors the chain for a newer version, and puts nothing aside', () => {
    const newer = new WeirError('newerVersion', 'version 2');
    const refuse = (letter: string): string => {
      if (letter === 'n') throw newer;
      return letter.toUpperCase();
    };
    const run = inVirtualTime(({ expectObservable, message$, drawn }) => {
      expectObservable(drawn(message$('anb|').pipe(mapEach(refuse)))).toBe('A#', undefined, newer);
    });
    expect(run.deadLetters).toEqual([]);
  });

  it('puts a throw aside under its code when it is permanent, as a defect when it is anything else', () => {
    const run = inVirtualTime(({ expectObservable, message$, drawn }) => {
      expectObservable(drawn(message$('1a2b3c|').pipe(mapEach(decide)))).toBe('xAxBxC|');
    });
    expect(run.deadLetters).toEqual([
      { key: '1', stage: 'decide', code: 'constraint', text: 'a negative fee' },
      { key: '2', stage: 'decide', code: 'defect', text: 'TypeError (see the log)' },
      { key: '3', stage: 'decide', code: 'defect', text: expect.stringContaining('threw unavailable') as string },
    ]);
  });

  it('lets messages by while a dead letter is written, and completes after it', () => {
    inVirtualTime(
      ({ expectObservable, message$, drawn }) => {
        expectObservable(drawn(message$('xab|').pipe(mapEach(decide)))).toBe('-AB--(x|)');
      },
      { deadLetter: () => timer(5) },
    );
  });

  it('takes a dead letter for durable at the first thing that its write emits', () => {
    inVirtualTime(
      ({ expectObservable, message$, drawn }) => {
        expectObservable(drawn(message$('x|').pipe(mapEach(decide)))).toBe('--(x|)');
      },
      { deadLetter: () => concat(timer(2), NEVER) },
    );
  });

  it('ends the write of a dead letter at unsubscription', () => {
    let isWriting = true;
    const write = (): Observable<never> => new Observable(() => () => (isWriting = false));
    inVirtualTime(
      ({ expectObservable, message$, drawn }) => {
        expectObservable(drawn(message$('x').pipe(mapEach(decide))), '--!').toBe('-');
      },
      { deadLetter: write },
    );
    expect(isWriting).toBe(false);
  });

  it('asks the function nothing after unsubscription', () => {
    const asked: string[] = [];
    const ask = (letter: string): string => {
      asked.push(letter);
      return letter;
    };
    inVirtualTime(({ expectObservable, message$, drawn }) => {
      expectObservable(drawn(message$('ab-c').pipe(mapEach(ask))), '--!').toBe('ab-');
    });
    expect(asked).toEqual(['a', 'b']);
  });

  it('tells the count of a burst once, exactly, and reads the clock far less often', async () => {
    let reads = 0;
    const run = aRun({ scheduler: { now: () => reads++, schedule: () => { throw new Error('not here'); } } }); // prettier-ignore
    const messages = Array.from({ length: 1000 }, () => anOpen('a', { run }));
    of(...messages)
      .pipe(mapEach(decide))
      .subscribe();
    await Promise.resolve();
    expect(run.measured).toMatchObject([{ stage: 'decide', count: 1000 }]);
    expect(reads - messages.length).toBe(32); // besides one `now` for each moment
    expect(run.measured[0]?.seconds).toBeGreaterThan(0);
  });

  it('refuses a function without a name', () => {
    expect(() => mapEach((value: string) => value)).toThrow(TypeError);
  });
});
