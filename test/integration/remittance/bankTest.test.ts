// Jepsen's bank test over HTTP: businesses send each other money at random while snapshots of the accounts are read, daemons are killed,
// and the bank loses answers, calls back twice, late, out of order or never.
import { expect, it, vi } from 'vitest';
import { seoulMinute } from '../../../pipelines/shared/seoulTime.ts';
import { retryDeposits, retryRequests, retryWithdrawals } from '../../../pipelines/remittance/retry.job.ts';
import { insertRun } from '../../../src/runtime/jobs/openRun.ts';
import { virtualClock } from '../../../src/runtime/virtualClock.ts';
import { businesses, openBusinesses, troubleBank } from '../../../stack/demo/businesses.ts';
import { freePort } from '../../../stack/freePort.ts';
import { until } from '../../support/until.ts';
import { MortalDaemons } from '../crash/mortalDaemons.ts';
import { weirHere } from '../crash/weirHere.ts';
import { anOutsideWorld, type OutsideWorld } from '../outsideWorld.ts';
import { ledgerFlaws } from './ledgerFlaws.ts';

// Processes start and die in each of these: on a busy machine that takes its time.
vi.setConfig({ testTimeout: 300_000 });

// Other seeds, or one again: CHAOS_SEED=7 npm test -- test/integration/remittance/bankTest.test.ts
const { CHAOS_SEED: given } = process.env;
const seeds = given === undefined ? [1, 2] : given.split(',').map(Number);

const clients = 4;
const kills = 6;

const words = [
  ...['remittance.bankCalls.ask.timeLimitMs=1000', 'remittance.bankCalls.leaseBeyondMs=1000', 'remittance.bankCalls.again.delayMs=100'],
  ...['remittance.bankCalls.again.retries=20', 'remittance.bankCalls.again.retryDelayMs=100', 'remittance.bankCalls.notYet.firstMs=200'],
  ...['remittance.bankCalls.notYet.maxMs=1000', 'remittance.bankCalls.record.size=5', 'outbox.pollMs=50', 'bus.idleLimitMs=1500'],
  ...['breakers.probeFirstMs=50', 'breakers.probeMaxMs=200', 'jobs.pollMs=50', 'jobs.leaseMs=1500'],
  ...['api.callerPerSecond=10000', 'api.addressPerSecond=20000'],
].flatMap((set) => ['--set', set]);

/** What the wire shows of each step. */
const markers = {
  database: [
    ...[
      'remittance.insertRequest',
      'remittance.insertCalls',
      'remittance.claimCalls',
      'remittance.writeCalls',
      'remittance.lockEndedCalls',
    ],
    ...[
      'remittance.updateBalances',
      'remittance.insertRecords',
      'remittance.moveRequests',
      'remittance.markBooked',
      'DELETE FROM remittance.outbox',
    ],
  ],
  redis: ['xadd', 'XACK', 'XREADGROUP'],
};

/** What a client knows of what it asked for. */
type Known =
  | { readonly kind: 'ok'; readonly number: string }
  | { readonly kind: 'fail'; readonly status: number }
  /** No answer, or none that says whether it was taken. */
  | { readonly kind: 'unknown' };

interface Operation {
  readonly key: string;
  readonly known: Known;
}

const account = (at: number): string => businesses[at]?.account ?? '';

/** One client: sends, and gives up where it gets no answer, or sends the same again, as chance will have it. */
class Client {
  readonly history: Operation[] = [];
  readonly #name: string;
  readonly #apis: readonly string[];
  readonly #token: string;
  readonly #random: () => number;

  constructor(name: string, apis: readonly string[], token: string, seed: number) {
    [this.#name, this.#apis, this.#token] = [name, apis, token];
    const chance = virtualClock(new Date(0), seed);
    this.#random = () => chance.random();
  }

  async sendOne(): Promise<void> {
    const key = `${this.#name}-${this.history.length}`;
    const from = this.#below(8);
    // Two of the forty at least, each sent until it is answered, whatever chance will have: what is refused is shown.
    const isAbsurd = this.history.length % 20 === 10;
    const body = {
      fromAccount: account(from),
      toAccount: account((from + 1 + this.#below(7)) % 8),
      amountMinor: isAbsurd ? -1 : 1 + this.#below(3_000_000),
    };
    let known = await this.#send(key, body);
    while (known.kind === 'unknown' && (isAbsurd || this.#random() < 0.7)) known = await this.#send(key, body);
    this.history.push({ key, known });
  }

  async #send(key: string, body: object): Promise<Known> {
    const response = await fetch(`${this.#apis[this.#below(this.#apis.length)]}/remittances`, {
      method: 'POST',
      headers: { authorization: `Bearer ${this.#token}`, 'content-type': 'application/json', 'idempotency-key': key },
      body: JSON.stringify(body),
      signal: AbortSignal.timeout(3_000),
    }).catch(() => undefined);
    if (response === undefined || response.status >= 500 || response.status === 409 || response.status === 429) return { kind: 'unknown' };
    if (response.status !== 202) return { kind: 'fail', status: response.status };
    return { kind: 'ok', number: ((await response.json()) as { number: string }).number };
  }

  #below(count: number): number {
    return Math.floor(this.#random() * count);
  }
}

/** Has what waits in tables of failures, or was lost on the way, published again: as of later and later minutes, so that nothing is early. */
async function retryAll({ database }: OutsideWorld, minute: number): Promise<void> {
  const key = seoulMinute(new Date(Date.now() + minute * 60_000));
  for (const { name, planVersion } of [retryDeposits, retryWithdrawals, retryRequests]) {
    await insertRun(database, { job: name, key, planVersion });
    const statement = { text: 'SELECT status FROM weir.job_run WHERE job = $1 AND key = $2', values: [name, key] };
    await until(`${name} has completed`, async () => (await database.query<{ status: string }>(statement))[0]?.status === 'COMPLETED', {
      limitMs: 60_000,
    });
  }
}

async function drained(world: OutsideWorld): Promise<void> {
  let minute = 0;
  const unfinished = `SELECT FROM remittance.biz_remittance_requests WHERE state NOT IN ('COMPLETED', 'FAILED', 'RETURNED') AND park_reason IS NULL`;
  await until(
    'every request has its end',
    async () => {
      minute += 2;
      await retryAll(world, minute);
      return (await world.database.query(unfinished)).length === 0;
    },
    { limitMs: 120_000 },
  );
}

it.each(seeds)('money is neither made nor lost, whoever dies and whatever the bank does, with seed %i', async (seed) => {
  const world = await anOutsideWorld();
  const { database, bank } = world;
  await openBusinesses(database, bank);
  troubleBank(bank);
  const named = ['--name', 'bank-test', '--account', ...businesses.map((one) => one.account), '--reason', 'for the test', '--json'];
  const printed = await weirHere(world.environment, 'callers', 'create', ...named);
  const { token } = JSON.parse(printed.slice(printed.indexOf('{'))) as { token: string };
  const ports = [await freePort(), await freePort()];
  const apis = ports.map((port) => `http://127.0.0.1:${port}`);
  bank.webhooks.sendTo(`${apis[0]}/webhooks/bank`);
  const daemons = new MortalDaemons({
    ...{ environment: world.environment, words, seed, kills, markers, surely: 'remittance.claimCalls' },
    places: ports.map((port) => ({ WEIR_API_PORT: String(port) })),
  });
  const senders = Array.from({ length: clients }, (_, at) => new Client(`client-${at}`, apis, token, seed * 100 + at));
  const seen = new Set<string>();
  let [snapshots, isSending] = [0, true];
  const reading = (async () => {
    while (isSending) {
      for (const flaw of await ledgerFlaws(database)) seen.add(flaw);
      snapshots += 1;
    }
  })();
  try {
    await daemons.start();
    const isEnough = (): boolean => daemons.died >= kills && senders.every(({ history }) => history.length >= 40);
    await Promise.all(
      senders.map(async (sender) => {
        while (!isEnough() && sender.history.length < 2_000) {
          await sender.sendOne();
          // From then on money for it goes back.
          if (daemons.died >= 2) bank.closeAccount(account(7));
        }
      }),
    );
    bank.faults.clear();
    bank.webhooks.faults.clear();
    await drained(world);
    isSending = false;
    await reading;

    expect([...seen]).toEqual([]);
    expect(snapshots).toBeGreaterThan(10);
    expect(await ledgerFlaws(database)).toEqual([]);
    expect(await balances(world)).toEqual(atTheBank(world));
    expect(
      await contradicted(
        world,
        senders.flatMap(({ history }) => history),
      ),
    ).toEqual([]);
    // Without all of these it shows little.
    expect(daemons.died).toBe(kills);
    expect(await endsOf(world)).toEqual(['COMPLETED', 'FAILED', 'RETURNED']);
    expect(new Set(senders.flatMap(({ history }) => history.map(({ known }) => known.kind)))).toEqual(new Set(['ok', 'fail', 'unknown']));
    await daemons.stop();
  } catch (error) {
    throw new Error(`seed ${seed}, CHAOS_SEED=${seed} repeats it: ${daemons.plans.join('; ')}`, { cause: error });
  } finally {
    isSending = false;
    await reading;
  }
});

/** How requests have ended that are not parked. */
async function endsOf({ database }: OutsideWorld): Promise<readonly string[]> {
  const rows = await database.query<{ state: string }>(
    'SELECT DISTINCT state FROM remittance.biz_remittance_requests WHERE park_reason IS NULL ORDER BY state',
  );
  return rows.map(({ state }) => state);
}

/** What every business has by our books, and what we hold of all of them. */
async function balances({ database }: OutsideWorld): Promise<readonly (readonly [string, bigint])[]> {
  const rows = await database.query<{ account: string; balance: bigint }>(`
    SELECT coalesce(account_number, 'pooled') AS account, sum(balance_minor)::bigint AS balance
    FROM remittance.kcd_bank_accounts GROUP BY 1 ORDER BY 1`);
  const before = new Map(businesses.map((one) => [one.account, one.balance]));
  return rows.map((row) => [row.account, row.balance + (before.get(row.account) ?? 0n)]);
}

/** The same by the bank's own record. */
function atTheBank({ bank }: OutsideWorld): readonly (readonly [string, bigint])[] {
  const { accounts, pooled } = bank.record();
  const own = accounts.map(({ account: number, balance }) => [number, balance] as const);
  return [...own.toSorted(([left], [right]) => (left < right ? -1 : 1)), ['pooled', pooled]];
}

/** What clients know that is not so: ok is there and has its end, fail never was, unknown at most once. Empty where all is well. */
async function contradicted({ database }: OutsideWorld, history: readonly Operation[]): Promise<readonly string[]> {
  const rows = await database.query<{ key: string; number: bigint; state: string; parked: boolean }>(`
    SELECT idempotency_key AS key, id AS number, state, park_reason IS NOT NULL AS parked FROM remittance.biz_remittance_requests`);
  const byKey = Map.groupBy(rows, ({ key }) => key);
  return history.flatMap(({ key, known }) => {
    const found = byKey.get(key) ?? [];
    const [row] = found;
    const hasEnded = row !== undefined && (row.parked || ['COMPLETED', 'FAILED', 'RETURNED'].includes(row.state));
    if (found.length > 1) return [`${key} is there ${found.length} times`];
    if (known.kind === 'fail' && row !== undefined) return [`${key} was refused with ${known.status} and is there`];
    if (known.kind === 'ok' && row?.number.toString() !== known.number) return [`${key} was taken as ${known.number} and is not`];
    return row === undefined || hasEnded ? [] : [`${key} has no end: ${row.state}`];
  });
}
