import { describe, expect, it } from 'vitest';
import { heldMoney, parkedRemittances } from '../../../pipelines/remittance/remittanceGauges.ts';
import { BusinessAttention, type BusinessParts } from '../../../src/console/overview/businessAttention.ts';
import type { GaugeRow } from '../../../src/runtime/gauges/askAllGauges.ts';
import type { GaugeQuestion } from '../../../src/runtime/gauges/gaugeQuestion.ts';
import { virtualClock } from '../../../src/runtime/virtualClock.ts';

const money = { account: 'POOL', weir_remittances_unexplained_minor: 5n };

function aBusiness(): {
  readonly parts: BusinessParts;
  readonly clock: ReturnType<typeof virtualClock>;
  answers: Map<GaugeQuestion, readonly GaugeRow[]>;
  letters: () => Promise<ReadonlyMap<string, number>>;
} {
  const clock = virtualClock(new Date('2026-11-01T00:00:00Z'));
  const business = {
    clock,
    answers: new Map<GaugeQuestion, readonly GaugeRow[]>(),
    letters: () => Promise.resolve<ReadonlyMap<string, number>>(new Map([['t', 2]])),
    parts: {
      clock,
      openLetters: () => business.letters(),
      gauges: {
        questions: [heldMoney, parkedRemittances],
        ask: (_: unknown, told: (question: GaugeQuestion, rows: readonly GaugeRow[]) => void) => {
          for (const [question, rows] of business.answers) told(question, rows);
          return Promise.resolve();
        },
      },
    },
  };
  return business;
}

const texts = async (business: BusinessAttention): Promise<readonly string[]> =>
  (await business.show()).map(({ text, since }) => (since === null ? text : `${text}, since ${since}`));
const says = { money: 'Money on our accounts that no remittance explains', parked: 'Remittances that wait for a person' };
const waiting = 'Dead letters of t that wait for a person: 2';

describe('what the business asks a person to look at', () => {
  it('is not nothing where nobody could tell', async () => {
    const business = aBusiness();
    business.letters = () => Promise.reject(new Error('redis is away'));
    expect(await texts(new BusinessAttention(business.parts))).toEqual([
      `Cannot be told: ${says.money}; ${says.parked}, since 2026-11-01T00:00:00.000Z`,
      'Cannot be told: dead letters, since 2026-11-01T00:00:00.000Z',
    ]);
  });

  it('is what was told last, with its age, of what does not answer any more, until it does', async () => {
    const business = aBusiness();
    const told = new BusinessAttention(business.parts);
    business.answers = new Map([
      [heldMoney, [money]],
      [parkedRemittances, []],
    ]);
    expect(await texts(told)).toEqual([`${says.money} (POOL): 5`, waiting]);

    business.answers = new Map([[parkedRemittances, []]]);
    business.letters = () => Promise.reject(new Error('redis is away'));
    await business.clock.advance(15_000);
    expect(await texts(told)).toEqual([
      `Cannot be told: ${says.money}, since 2026-11-01T00:00:00.000Z`,
      `${says.money} (POOL): 5 (as of 2026-11-01T00:00:00.000Z)`,
      'Cannot be told: dead letters, since 2026-11-01T00:00:00.000Z',
      `${waiting} (as of 2026-11-01T00:00:00.000Z)`,
    ]);

    business.answers = new Map([
      [heldMoney, []],
      [parkedRemittances, []],
    ]);
    business.letters = () => Promise.resolve(new Map());
    await business.clock.advance(15_000);
    expect(await texts(told)).toEqual([]);
  });

  it('stays as it is while an answer takes longer than whoever looks waits, and is old once that lasts', async () => {
    const business = aBusiness();
    business.answers = new Map([
      [heldMoney, []],
      [parkedRemittances, []],
    ]);
    const told = new BusinessAttention(business.parts);
    expect(await texts(told)).toEqual([waiting]);

    const hanging = Promise.withResolvers<ReadonlyMap<string, number>>();
    business.letters = () => hanging.promise;
    await business.clock.advance(15_000);
    const look = texts(told);
    await business.clock.advance(1_000);
    expect(await look).toEqual([waiting]);

    await business.clock.advance(15_000);
    const later = texts(told);
    await business.clock.advance(1_000);
    expect(await later).toEqual([
      'Cannot be told: dead letters, since 2026-11-01T00:00:00.000Z',
      `${waiting} (as of 2026-11-01T00:00:00.000Z)`,
    ]);
    hanging.resolve(new Map());
    await hanging.promise;
    await business.clock.advance(15_000);
    expect(await texts(told)).toEqual([]);
  });
});
