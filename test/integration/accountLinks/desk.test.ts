import { beforeEach, describe, expect, it } from 'vitest';
import { failingLinks, openLinks, parkedLinks } from '../../../pipelines/accountLinks/linkGauges.ts';
import { linkKeys } from '../../../pipelines/accountLinks/linkKeyStore.ts';
import type { Transaction } from '../../../src/connectors/database.ts';
import { codeOf, textOf } from '../../../src/errors.ts';
import { parseKeyRing } from '../../../src/message/keyRing.ts';
import { askGauge } from '../../support/askGauge.ts';
import type { GaugeQuestion } from '../../../src/runtime/gauges/gaugeQuestion.ts';
import { aLinkRequest } from './aLinkRequest.ts';
import { aLinks, localKey, type LinkProcess, type Links } from './aLinks.ts';
import { failuresIn, linksIn } from './rows.ts';

let links: Links;
let process: LinkProcess;

beforeEach(async () => {
  links = await aLinks();
  process = links.aProcess({ options: { send: { retry: { maxRetries: 0 } }, again: { retries: 0 } } });
});

async function work(): Promise<void> {
  const running = process.start();
  await links.quiet();
  await running.drain();
}

/** A link that waits for a person, since the bank gave no word. */
async function aParkedLink(): Promise<bigint> {
  links.bank.faults.add({ phase: 'before', action: { kind: 'cut' } });
  links.ask(aLinkRequest());
  await work();
  links.bank.faults.clear();
  const [row] = await links.database.query<{ readonly id: bigint }>('SELECT id FROM account_links.account_link');
  return row?.id ?? 0n;
}

const act = <T>(doing: (transaction: Transaction) => Promise<T>): Promise<T> => links.database.withTransaction(doing);
const refusalOf = (doing: Promise<unknown>): Promise<string> =>
  doing.then(
    () => 'done',
    (error: unknown) => `${codeOf(error)}: ${textOf(error)}`,
  );
const ask = async (question: GaugeQuestion): Promise<readonly object[]> =>
  (await askGauge(links.database, links.now, question)).map((row) =>
    Object.fromEntries(Object.entries(row).map(([name, value]) => [name, typeof value === 'string' ? value : Number(value)])),
  );

describe('operators', () => {
  it('see links and their failures, account numbers masked', async () => {
    const id = await aParkedLink();
    const { linkDesk } = process.ports;
    const page = { which: 'parked', accountId: undefined, after: 0n, limit: 10 } as const;
    const one = { link: id.toString(), account: 'acc-1', partner: 'ALPHA', status: 'REGISTERING', parkReason: 'outcomeUnknown' };
    expect(await linkDesk.list(page)).toMatchObject([one]);
    expect(await linkDesk.list({ ...page, which: 'failed' })).toEqual([]);
    expect(await linkDesk.list({ ...page, which: 'all', accountId: 'acc-2' })).toEqual([]);
    const shown = await linkDesk.show(id);
    expect(shown).toMatchObject({ ...one, accountNumber: '***7890', failures: [{ kind: 'TRANSIENT', tries: 1 }] });
    expect(JSON.stringify(shown)).not.toContain('110234567890');
    expect(await linkDesk.show(1n)).toBeUndefined();
  });

  it('have a parked link tried again at once, with all its tries', async () => {
    const id = await aParkedLink();
    expect(await act((transaction) => process.ports.operatedLinks.retry(transaction, id))).toMatchObject({ isParked: true });
    await work();
    expect(await linksIn(links.database)).toMatchObject([{ status: 'ACTIVE' }]);
    expect(links.bank.record().registrations).toMatchObject([{ requests: 1 }]);
    expect(await refusalOf(act((transaction) => process.ports.operatedLinks.retry(transaction, id)))).toContain('is active');
    expect(await refusalOf(act((transaction) => process.ports.operatedLinks.retry(transaction, 1n)))).toBe('notFound: There is no link 1.');
  });

  it('say what became of a parked link, and of no other', async () => {
    const id = await aParkedLink();
    await act((transaction) => process.ports.operatedLinks.resolve(transaction, id, 'failed'));
    expect(await linksIn(links.database)).toMatchObject([{ status: 'FAILED', failCode: 'RESOLVED_AS_FAILED' }]);
    expect(await failuresIn(links.database)).toMatchObject([
      { kind: 'TRANSIENT', standing: 'ended' },
      { kind: 'PERMANENT', code: 'RESOLVED_AS_FAILED' },
    ]);
    expect(await refusalOf(act((transaction) => process.ports.operatedLinks.resolve(transaction, id, 'active')))).toContain(
      'refused: Link',
    );
    // The request that failed is over; another one takes its place.
    links.ask(aLinkRequest(), aLinkRequest({ requestId: 'req-2' }));
    await work();
    expect(links.letters).toHaveLength(1);
    expect(await linksIn(links.database)).toMatchObject([{ status: 'ACTIVE', request: 'req-2', seq: 2 }]);
  });
});

it('the gauges tell of links without the word of the bank, of those that fail, and of parked ones by their code', async () => {
  expect([await ask(openLinks), await ask(parkedLinks)]).toEqual([[], []]);
  await process.ports.links.admit([{ requestId: 'req-9', accountId: 'acc-9', partner: 'BRAVO', accountNumber: '999888777666' }]);
  links.pass(90_000);
  expect(await ask(openLinks)).toEqual([{ status: 'REQUESTED', weir_account_links_open: 1, weir_account_links_oldest_seconds: 90 }]);
  await aParkedLink();
  expect(await ask(openLinks)).toMatchObject([{ status: 'REQUESTED', weir_account_links_open: 1 }]);
  expect(await ask(parkedLinks)).toEqual([{ reason: 'outcomeUnknown', weir_account_links_parked: 1 }]);
  expect(await ask(failingLinks)).toEqual([{ weir_account_links_failing: 0 }]);
  await links.database.execute(
    `UPDATE account_links.account_link_failures SET next_try_at = failed_at, park_reason = NULL WHERE park_reason IS NOT NULL`,
  );
  expect(await ask(failingLinks)).toEqual([{ weir_account_links_failing: 1 }]);
});

it('account numbers are encrypted in tables, and come under a new key', async () => {
  await aParkedLink();
  const rows = await links.database.query(
    'SELECT to_jsonb(link)::text || (SELECT json_agg(f) FROM account_links.account_link_failures f)::text AS text FROM account_links.account_link link',
  );
  expect(JSON.stringify(rows)).not.toContain('110234567890');
  const ring = parseKeyRing(`next:${Buffer.alloc(32, 1).toString('base64')},${localKey}`);
  expect(await linkKeys.rotatePage(links.database, ring, { after: undefined, limit: 10 })).toMatchObject({ rotated: 1, unopened: 0 });
  expect(await linkKeys.countByKey(links.database)).toEqual(new Map([['next', 1]]));
  const [row] = await links.database.query<{ readonly id: bigint }>('SELECT id FROM account_links.account_link');
  process = links.aProcess({ keyRing: ring });
  await act((transaction) => process.ports.operatedLinks.retry(transaction, row?.id ?? 0n));
  await work();
  expect(links.bank.record().registrations).toMatchObject([{ accountNumber: '110234567890' }]);
});
