import { beforeEach, describe, expect, it } from 'vitest';
import { claimOf, type DueLink, type LinkNews } from '../../../pipelines/accountLinks/registration.ts';
import { Decision, type Answer } from '../../../src/message/decision.ts';
import { aLinks, type LinkProcess, type Links } from './aLinks.ts';
import { failuresIn, linksIn } from './rows.ts';

const leaseMs = 60_000;
const request = { requestId: 'req-1', accountId: 'acc-1', partner: 'ALPHA', accountNumber: '110234567890' } as const;

let links: Links;
let stores: LinkProcess['ports']['links'];

beforeEach(async () => {
  links = await aLinks();
  stores = links.aProcess().ports.links;
});

/** A message of the request, as it is admitted. */
async function admitted(of: { readonly requestId: string } = request): Promise<DueLink> {
  const [answer] = await stores.admit([{ ...request, ...of }]);
  if (answer === undefined || Decision.is(answer)) throw new Error('It is not admitted.');
  return answer;
}

/** What becomes of a claim: the token under which it is held, or why it is not. */
async function claim(...due: readonly DueLink[]): Promise<readonly (bigint | string)[]> {
  return (await stores.claim(due, leaseMs)).map((answer) => (Decision.is(answer) ? answer.reason : claimOf(answer).token));
}

/** A message that holds the link. */
async function held(): Promise<DueLink> {
  const [answer] = await stores.claim([await admitted()], leaseMs);
  if (answer === undefined || Decision.is(answer)) throw new Error('It is not claimed.');
  return answer;
}

type Told = LinkNews extends infer N ? (N extends unknown ? Omit<N, 'linkId' | 'requestId' | 'key' | 'token'> : never) : never;

async function record(link: DueLink, ...told: readonly Told[]): Promise<readonly string[]> {
  const { order, token } = claimOf(link);
  const about = { linkId: link.linkId, requestId: link.requestId, key: order.key, token };
  const answers = await stores.record(told.map((one) => ({ ...about, ...one })));
  return answers.map((answer: Answer<LinkNews>) => (Decision.is(answer) ? `${answer.outcome}: ${answer.reason}` : 'registered'));
}

const registered: Told = { kind: 'registered' };
const refused: Told = { kind: 'refused', reason: 'ACCOUNT_CLOSED' };
const isHeld = 'waits for its next try, or is held by another';
const silence = (): Told => ({
  ...{ kind: 'failing', tries: 1, code: 'outcomeUnknown', error: 'no answer' },
  next: { kind: 'again', at: links.now() },
});

const status = async (): Promise<readonly string[]> => (await linksIn(links.database)).map((row) => row.status);

describe('of two messages of one link', () => {
  it('one holds it, though it asks again, and the other waits for its row', async () => {
    const [one, other] = [await admitted(), await admitted()];
    const [token, why] = await claim(one, other);
    expect([typeof token, why]).toEqual(['bigint', isHeld]);
    expect(await claim(one, other)).toEqual([token, why]);
  });

  it('the other holds it once the lease is over, and the silence that the first met counts no more', async () => {
    const first = await held();
    await links.database.execute(`UPDATE account_links.account_link SET lease_until = clock_timestamp() - interval '1 second'`);
    const second = await held();
    expect(claimOf(second).token).not.toBe(claimOf(first).token);
    expect(await record(first, silence(), { kind: 'givenBack', until: links.now() })).toEqual([
      'deferred: is held by another',
      'deferred: is held by another',
    ]);
    expect(await failuresIn(links.database)).toEqual([]);
    expect(await claim(await admitted())).toEqual([isHeld]);
    // The bank's word counts whoever heard it.
    expect(await record(first, registered)).toEqual(['registered']);
    expect(await status()).toEqual(['ACTIVE']);
  });

  it('the other holds it at once where the first gave it back', async () => {
    const [first, second] = [await held(), await admitted()];
    expect(await record(first, { kind: 'givenBack', until: links.now() })).toEqual(['deferred: the bank has gone before it was asked']);
    expect(typeof (await claim(second))[0]).toBe('bigint');
    expect(await failuresIn(links.database)).toEqual([]);
  });
});

describe('a link', () => {
  it('that has ended is claimed no more, and told the same again it stays as it is', async () => {
    const [link, late] = [await held(), await admitted()];
    expect(await record(link, refused, refused, silence())).toEqual([
      expect.stringMatching(/^dead: /),
      expect.stringMatching(/^dead: /),
      'skipped: has ended',
    ]);
    expect(await failuresIn(links.database)).toMatchObject([{ kind: 'PERMANENT', code: 'ACCOUNT_CLOSED', tries: 1, standing: 'ended' }]);
    expect(await claim(late)).toEqual(['has ended']);
  });

  it('of which the bank says the opposite of its word stays as it is', async () => {
    const link = await held();
    expect(await record(link, registered, refused)).toEqual(['registered', expect.stringMatching(/^dead: /)]);
    expect(await status()).toEqual(['ACTIVE']);
    expect(await failuresIn(links.database)).toEqual([]);
  });

  it('that another request has taken over is left to that', async () => {
    const first = await held();
    await record(first, refused);
    const second = await admitted({ requestId: 'req-2' });
    expect(await claim({ ...first, claimed: undefined })).toEqual(['another request has taken its place']);
    expect(await record(first, registered)).toEqual(['skipped: has ended']);
    expect(await status()).toEqual(['REQUESTED']);
    expect(typeof (await claim(second))[0]).toBe('bigint');
  });

  it('that waits for a person is claimed by nobody', async () => {
    const [link, late] = [await held(), await admitted()];
    expect(await record(link, { ...silence(), next: { kind: 'parked' } } as Told)).toEqual(['deferred: parked for a person']);
    expect(await claim(late)).toEqual(['parked for a person']);
  });

  it('that there is not is put aside', async () => {
    expect(await claim({ linkId: 1n, requestId: 'req-1', claimed: undefined })).toEqual(['There is no link 1.']);
  });
});
