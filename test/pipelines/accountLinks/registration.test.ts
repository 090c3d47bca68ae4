import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { changeOf, type KeptLink, type LinkChange } from '../../../pipelines/accountLinks/linkChange.ts';
import { nextTry } from '../../../pipelines/accountLinks/nextTry.ts';
import { newsOf, type DueLink, type LinkNews, type Registration } from '../../../pipelines/accountLinks/registration.ts';

const now = new Date('2026-11-10T03:00:00Z');
const again = { retries: 3, firstDelayMs: 60_000, maxDelayMs: 100_000 };
const order = { key: 'link-7-1', accountId: 'acc-1', partner: 'ALPHA', accountNumber: '110234567890' };
const link: DueLink = { linkId: 7n, requestId: 'one', claimed: { order, token: 9n, wasAsked: false, tries: 1 } };
const about = { linkId: 7n, requestId: 'one', key: 'link-7-1', token: 9n };
const failed = { ...about, kind: 'failing', tries: 2, code: 'timedOut', error: 'No answer.' } as const;

describe('the news of a link', () => {
  it.each<[string, Registration, LinkNews]>([
    ['registered', { kind: 'answered', link, answer: { kind: 'registered' } }, { ...about, kind: 'registered' }],
    ['refused', { kind: 'answered', link, answer: { kind: 'refused', reason: 'CLOSED' } }, { ...about, kind: 'refused', reason: 'CLOSED' }],
    ['not asked: no try is counted', { kind: 'notAsked', link, until: now }, { ...about, kind: 'givenBack', until: now }],
    [
      'no word: a try more',
      { kind: 'unanswered', link, code: 'timedOut', error: 'No answer.' },
      { ...failed, next: { kind: 'again', at: new Date(now.getTime() + 100_000) } },
    ],
  ])('%s', (_name, registration, news) => {
    expect(newsOf(registration, now, again)).toEqual(news);
  });

  it('waits ever longer up to its longest, and is parked after so many tries', () => {
    const waits = [1, 2, 3, 4, 5].map((tries) => nextTry(tries, now, again));
    expect(waits.map((next) => (next.kind === 'again' ? next.at.getTime() - now.getTime() : next.kind))).toEqual([
      ...[60_000, 100_000, 100_000],
      ...['parked', 'parked'],
    ]);
  });
});

const registered = { ...about, kind: 'registered' } as const;
const refused = { ...about, kind: 'refused', reason: 'CLOSED' } as const;
const failing = { ...failed, next: { kind: 'parked' } } as const;
const givenBack = { ...about, kind: 'givenBack', until: now } as const;
const held: KeptLink = { status: 'REGISTERING', key: 'link-7-1', token: 9n };

describe('what news change of a link', () => {
  it.each<[LinkNews, Partial<KeptLink>, LinkChange]>([
    [registered, {}, 'activate'],
    [registered, { token: 10n }, 'activate'],
    [registered, { status: 'ACTIVE', token: null }, 'isActive'],
    [registered, { status: 'FAILED', token: null }, 'contradicted'],
    [refused, {}, 'fail'],
    [refused, { token: null }, 'fail'],
    [refused, { status: 'FAILED', token: null }, 'hasFailed'],
    [refused, { status: 'ACTIVE', token: null }, 'contradicted'],
    [failing, {}, 'countTry'],
    [failing, { token: 10n }, 'leave'],
    [failing, { token: null }, 'leave'],
    [failing, { status: 'ACTIVE', token: null }, 'isOver'],
    [failing, { status: 'FAILED', token: null }, 'isOver'],
    [givenBack, {}, 'giveBack'],
    [givenBack, { token: 10n }, 'leave'],
    ...[registered, refused, failing, givenBack].map((news): [LinkNews, Partial<KeptLink>, LinkChange] => [
      news,
      { key: 'link-7-2' },
      'isOver',
    ]),
  ])('%o on %o: %s', (news, changes, change) => {
    expect(changeOf(news, { ...held, ...changes })).toBe(change);
  });

  it('never lets silence end a link, nor the bank alter its word', () => {
    const status = fc.constantFrom('REQUESTED', 'REGISTERING', 'ACTIVE', 'FAILED');
    const kept = fc.record({ status, key: fc.constantFrom('link-7-1', 'link-7-2'), token: fc.constantFrom(9n, 10n, null) });
    fc.assert(
      fc.property(fc.constantFrom<LinkNews>(registered, refused, failing, givenBack), kept, (news, before) => {
        const change = changeOf(news, before);
        if (change === 'activate') expect(news.kind).toBe('registered');
        if (change === 'fail') expect(news.kind).toBe('refused');
        if (before.status === 'ACTIVE' || before.status === 'FAILED')
          expect(['activate', 'fail', 'countTry', 'giveBack']).not.toContain(change);
      }),
    );
  });
});
