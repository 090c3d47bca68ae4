import { beforeEach, describe, expect, it } from 'vitest';
import type { DecidedRegistration } from '../../../simulators/bank/registrationStore.ts';
import { aGate } from '../../support/aGate.ts';
import { until } from '../../support/until.ts';
import { aLinkRequest } from './aLinkRequest.ts';
import { aLinks, type LinkProcess, type Links } from './aLinks.ts';
import { failuresIn, linksIn } from './rows.ts';

let links: Links;
let process: LinkProcess;
const soon = { send: { claimWaitMs: 0, holdMs: 50, retry: { maxRetries: 1, firstDelayMs: 1, maxDelayMs: 5 } }, record: { maxWaitMs: 1 } };

beforeEach(async () => {
  links = await aLinks();
  process = links.aProcess({ options: soon });
});

/** Lets a process work at what is due now, to its end. */
async function work(by: LinkProcess = process): Promise<void> {
  const running = by.start();
  await links.quiet();
  expect(await running.drain()).toMatchObject({ how: 'completed' });
}

/** The same after so much time, with what the job finds due. */
async function workAfter(ms: number): Promise<void> {
  links.pass(ms);
  expect(await process.retryFailed()).toMatchObject({ how: 'completed' });
  await work();
}

const atBank = (): readonly DecidedRegistration[] => links.bank.record().registrations;
const linkOf = async (): Promise<object | undefined> => (await linksIn(links.database))[0];

describe('requests', () => {
  it('become one link, however often and under how many ids they come', async () => {
    links.ask(aLinkRequest(), aLinkRequest(), aLinkRequest({ requestId: 'req-2', accountNumber: '110 234 567890' }), aLinkRequest());
    await work();
    links.ask(aLinkRequest(), aLinkRequest({ requestId: 'req-3' }));
    await work();
    expect(await linksIn(links.database)).toEqual([
      { account: 'acc-1', partner: 'ALPHA', status: 'ACTIVE', request: 'req-1', failCode: null, seq: 1 },
    ]);
    expect(atBank()).toMatchObject([{ accountNumber: '110234567890', requests: 1 }]);
    expect(await failuresIn(links.database)).toEqual([]);
    expect(links.letters).toEqual([]);
  });

  it('for another partner or another account are links of their own', async () => {
    links.ask(aLinkRequest(), aLinkRequest({ partner: 'BRAVO' }), aLinkRequest({ accountId: 'acc-2' }));
    await work();
    expect((await linksIn(links.database)).map(({ account, partner, status }) => `${account} ${partner} ${status}`)).toEqual([
      'acc-1 ALPHA ACTIVE',
      'acc-1 BRAVO ACTIVE',
      'acc-2 ALPHA ACTIVE',
    ]);
  });

  it('that would turn an active link to another account are put aside with their row, also when they come again', async () => {
    links.ask(aLinkRequest());
    await work();
    const other = aLinkRequest({ requestId: 'req-2', accountNumber: '999-888-777666' });
    for (const letters of [1, 2]) {
      links.ask(other);
      await work();
      expect(links.letters).toHaveLength(letters);
      expect(await failuresIn(links.database)).toEqual([
        { request: 'req-2', kind: 'PERMANENT', code: 'LINKED_TO_ANOTHER', tries: 1, standing: 'ended' },
      ]);
    }
    expect(links.letters[0]).toMatchObject({ code: 'refused', stage: 'admit' });
    expect(links.letters[0]?.text).toContain('accountNumber');
    expect(links.letters[0]?.text).not.toContain('777666');
    expect(JSON.parse(Buffer.from(links.letters[0]?.original ?? []).toString())).toEqual(other);
    expect(await linkOf()).toMatchObject({ status: 'ACTIVE', request: 'req-1' });
  });

  it('that the bank refuses have their row, then their dead letter; redelivered they have no second row; another request tries anew', async () => {
    links.bank.refuseNumber('110234567890', 'ACCOUNT_CLOSED');
    links.ask(aLinkRequest());
    await work();
    const refused = { request: 'req-1', kind: 'PERMANENT', code: 'ACCOUNT_CLOSED', tries: 1, standing: 'ended' };
    expect(await linkOf()).toMatchObject({ status: 'FAILED', failCode: 'ACCOUNT_CLOSED' });
    expect(await failuresIn(links.database)).toEqual([refused]);
    expect(links.letters).toMatchObject([{ code: 'refused', stage: 'record', text: expect.stringContaining('ACCOUNT_CLOSED') as string }]);

    links.ask(aLinkRequest());
    await work();
    expect(links.letters).toHaveLength(2);
    expect(await failuresIn(links.database)).toEqual([refused]);
    expect(atBank()).toMatchObject([{ requests: 1 }]);

    links.ask(aLinkRequest({ requestId: 'req-2', accountNumber: '110-234-567891' }));
    await work();
    expect(await linkOf()).toMatchObject({ status: 'ACTIVE', request: 'req-2', seq: 2, failCode: null });
    expect(new Set(atBank().map(({ key }) => key)).size).toBe(2);
    // Late, in another order: the refused one stays refused, whoever has its place.
    links.ask(aLinkRequest());
    await work();
    expect(links.letters).toHaveLength(3);
    expect(await linkOf()).toMatchObject({ status: 'ACTIVE', request: 'req-2' });
  });
});

describe('a bank whose word does not come', () => {
  it.each([
    ['the answer is lost', { phase: 'after', on: 'POST /partner-accounts', action: { kind: 'cut' }, times: 1 }],
    ['the answer is malformed', { phase: 'after', on: 'POST /partner-accounts', action: { kind: 'malformed' }, times: 1 }],
    [
      'the answer is a failure of the server',
      { phase: 'after', on: 'POST /partner-accounts', action: { kind: 'reply', status: 500 }, times: 1 },
    ],
  ] as const)('is asked by the key, and registers once: %s', async (_name, fault) => {
    links.bank.faults.add(fault);
    links.ask(aLinkRequest());
    await work();
    expect(await linkOf()).toMatchObject({ status: 'ACTIVE' });
    expect(atBank()).toMatchObject([{ requests: 1 }]);
    expect(await failuresIn(links.database)).toEqual([]);
  });

  it('is asked again by the same key where it did not know it, since the order may have been on its way', async () => {
    const detour = { kind: 'detour', arrivesAfterMs: 2_000 } as const;
    links.bank.faults.add({ phase: 'before', on: 'POST /partner-accounts', times: 1, action: detour });
    links.ask(aLinkRequest());
    await work();
    await until('both have come', () => atBank()[0]?.requests === 2);
    expect(atBank()).toHaveLength(1);
    expect(await linkOf()).toMatchObject({ status: 'ACTIVE' });
  });

  it('is tried in the chain, then by the job with growing waits, then by a person', async () => {
    links.bank.faults.add({ phase: 'before', action: { kind: 'reply', status: 503 } });
    const few = { ...soon, again: { retries: 2, firstDelayMs: 120_000, maxDelayMs: 180_000 } };
    process = links.aProcess({ options: few });
    links.ask(aLinkRequest());
    await work();
    const failing = { request: 'req-1', kind: 'TRANSIENT', code: 'unavailable' };
    expect(await failuresIn(links.database)).toEqual([{ ...failing, tries: 1, standing: 'waits' }]);
    expect(await linkOf()).toMatchObject({ status: 'REGISTERING' });

    // A request that comes again does not press the bank before it is time.
    links.ask(aLinkRequest());
    await workAfter(60_000);
    expect(await failuresIn(links.database)).toEqual([{ ...failing, tries: 1, standing: 'waits' }]);

    await workAfter(60_000);
    expect(await failuresIn(links.database)).toEqual([{ ...failing, tries: 2, standing: 'waits' }]);
    await workAfter(120_000);
    expect(await failuresIn(links.database)).toEqual([{ ...failing, tries: 2, standing: 'waits' }]);
    await workAfter(60_000);
    expect(await failuresIn(links.database)).toEqual([{ ...failing, tries: 3, standing: 'parked' }]);
    await workAfter(86_400_000);
    expect(await failuresIn(links.database)).toEqual([{ ...failing, tries: 3, standing: 'parked' }]);
    expect(links.letters).toEqual([]);
  });

  it('and answers a later try makes the link active, and its failure has its end', async () => {
    links.bank.faults.add({ phase: 'before', action: { kind: 'cut' }, times: 2 });
    links.ask(aLinkRequest());
    await work();
    expect(await failuresIn(links.database)).toMatchObject([{ kind: 'TRANSIENT', code: 'outcomeUnknown', standing: 'waits' }]);
    await workAfter(60_000);
    expect(await linkOf()).toMatchObject({ status: 'ACTIVE' });
    expect(await failuresIn(links.database)).toMatchObject([{ kind: 'TRANSIENT', tries: 1, standing: 'ended' }]);
    expect(atBank()).toMatchObject([{ requests: 1 }]);
  });

  it('and refuses at a later try leaves a permanent failure, and a letter that names the request', async () => {
    links.bank.refuseNumber('110234567890', 'UNKNOWN_ACCOUNT');
    links.bank.faults.add({ phase: 'after', action: { kind: 'cut' }, times: 2 });
    links.ask(aLinkRequest());
    await work();
    await workAfter(60_000);
    expect(await failuresIn(links.database)).toMatchObject([
      { kind: 'TRANSIENT', standing: 'ended' },
      { kind: 'PERMANENT', code: 'UNKNOWN_ACCOUNT' },
    ]);
    expect(JSON.parse(Buffer.from(links.letters[0]?.original ?? []).toString())).toMatchObject({
      requestId: 'req-1',
      accountId: 'acc-1',
      partner: 'ALPHA',
    });
    expect(atBank()).toMatchObject([{ requests: 1 }]);
  });

  it('does not count a try while it is away: links wait before its gate', async () => {
    const gate = aGate({ isOpen: false });
    const running = links.aProcess({ options: soon, gate }).start();
    links.ask(aLinkRequest());
    await until('it is taken on', async () => (await linkOf()) !== undefined);
    await until('it waits', () => gate.wakes.size > 0);
    expect(await linkOf()).toMatchObject({ status: 'REQUESTED' });
    gate.open();
    await links.quiet();
    expect(await linkOf()).toMatchObject({ status: 'ACTIVE' });
    expect(await failuresIn(links.database)).toEqual([]);
    await running.drain();
  });
});

describe('a request whose message is lost', () => {
  it.each([
    ['before it was claimed', `status = 'REQUESTED', claim_token = NULL, lease_until = NULL`],
    ['after', `status = 'REGISTERING', claim_token = 7, lease_until = '2000-01-01'`],
  ])('is found by the job: %s', async (_name, standing) => {
    await process.ports.links.admit([{ requestId: 'req-1', accountId: 'acc-1', partner: 'ALPHA', accountNumber: '110234567890' }]);
    await links.database.execute(`UPDATE account_links.account_link SET ${standing}`);
    await workAfter(30_000);
    expect(atBank()).toEqual([]);
    await workAfter(30_000);
    expect(await linkOf()).toMatchObject({ status: 'ACTIVE' });
    expect(atBank()).toMatchObject([{ requests: 1 }]);
  });

  it('is left to whoever holds it while the lease holds', async () => {
    await process.ports.links.admit([{ requestId: 'req-1', accountId: 'acc-1', partner: 'ALPHA', accountNumber: '110234567890' }]);
    await links.database.execute(
      `UPDATE account_links.account_link SET status = 'REGISTERING', claim_token = 7, lease_until = clock_timestamp() + interval '1 hour'`,
    );
    await workAfter(60_000);
    expect(atBank()).toEqual([]);
    expect(await linkOf()).toMatchObject({ status: 'REGISTERING' });
  });
});

it('a link whose account number does not open is parked once for a person, and its neighbours go on', async () => {
  const one = { requestId: 'req-1', accountId: 'acc-1', partner: 'ALPHA', accountNumber: '110234567890' };
  await process.ports.links.admit([one, { ...one, accountId: 'acc-2', requestId: 'req-2' }]);
  await links.database.execute(`UPDATE account_links.account_link SET account_number = 'w1.local.AAAA' WHERE account_id = 'acc-1'`);
  await workAfter(60_000);
  expect((await linksIn(links.database)).map(({ status }) => status)).toEqual(['REQUESTED', 'ACTIVE']);
  expect(await failuresIn(links.database)).toMatchObject([{ request: 'req-1', code: 'decryption', standing: 'parked' }]);
  expect(links.letters).toMatchObject([{ code: 'decryption' }]);
  await workAfter(86_400_000);
  expect(links.letters).toHaveLength(1);
});
