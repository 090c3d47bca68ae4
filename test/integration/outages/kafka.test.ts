import { describe, expect, it, vi } from 'vitest';
import { emailTopic } from '../../../pipelines/billing/dispatchedBill.ts';
import { aPrivateKafka, sharedKafka } from '../../support/services.ts';
import { until } from '../../support/until.ts';
import { writePoison } from '../../../stack/demo/poison.ts';
import type { Service } from '../../../stack/service.ts';
import type { MonthToBill } from '../crash/aMonth.ts';
import { delivered } from '../crash/deliveryFlaws.ts';
import { allDelivered, startDelivery, toDeliver, told, unhurried } from './toDeliver.ts';

// As long as a bad day takes: OUTAGE_MS=60000 npm test -- test/integration/outages/kafka.test.ts
const { OUTAGE_MS: given } = process.env;
const outageMs = given === undefined ? 4_000 : Number(given);

vi.setConfig({ testTimeout: 180_000 + 2 * outageMs });

const members = 120;
const poison = 9;

/** Mails at once, as `startDelivery` sets it. */
const concurrency = 4;
const whole = { flaws: [], bills: { COMPLETED: members - 1, FAILED: 0, waiting: 0, parked: 0 } };

interface Fault {
  readonly begin: (kafka: Service) => Promise<void> | void;
  readonly end: (kafka: Service) => Promise<void> | void;
}

const silent: Fault = { begin: (kafka) => kafka.freeze(), end: (kafka) => kafka.thaw() };
const killed: Fault = { begin: (kafka) => kafka.kill('SIGKILL'), end: (kafka) => kafka.start() };

/** Bills on their way, whose mails take a while, so that most are still to come; some messages that nobody can read among them. */
async function aSlowDelivery(): Promise<{ readonly kafka: Service; readonly month: MonthToBill }> {
  const kafka = await aPrivateKafka();
  const month = await toDeliver({ members, kafka });
  await writePoison({ redis: { url: '' }, kafka });
  month.inbox.faults.add({ phase: 'dot', action: { kind: 'delay', delayMs: 20 } });
  return { kafka, month };
}

const slowly = [...unhurried, 'billing.deliver.window=20', 'billing.deliver.maxSpan=40'];

async function lasted(ms: number): Promise<void> {
  const sinceMs = performance.now();
  await until(`${ms} ms have passed`, () => performance.now() - sinceMs > ms, { limitMs: 2 * ms });
}

describe.skipIf(sharedKafka() === undefined)('over Kafka', () => {
  it.each([
    ['falls silent', silent],
    ['is killed', killed],
  ] as const)('a broker that %s in the middle of a delivery costs nothing, and nobody has to do anything', async (_, fault) => {
    const { kafka, month } = await aSlowDelivery();
    const daemon = startDelivery(month.environment, ...slowly);
    await month.inbox.until(15, 30_000);
    await fault.begin(kafka);
    await lasted(outageMs);
    const state = await told(daemon);
    expect(state).toMatchObject({ live: 200, isLawful: true });
    expect(state.ready).toContain('"kafka":"unreachable"');
    await fault.end(kafka);
    await allDelivered(month);
    expect(await daemon.stop(), daemon.errors()).toEqual({ code: 0, signal: null });
    expect(await delivered(month)).toEqual(whole);
    expect((await month.bus.deadLettersOf(emailTopic).page({ limit: 100 })).length).toBeGreaterThanOrEqual(poison);
  });

  it('a daemon that stood still past its session loses its partitions, and what it then says late moves nothing', async () => {
    const { month } = await aSlowDelivery();
    const still = startDelivery(month.environment, ...slowly);
    await month.inbox.until(15, 30_000);
    still.signal('SIGSTOP');
    const other = startDelivery(month.environment, ...slowly);
    await month.inbox.until(members - 40, 60_000);
    still.signal('SIGCONT');
    await allDelivered(month);
    for (const daemon of [still, other]) expect(await daemon.stop(), daemon.errors()).toEqual({ code: 0, signal: null });
    const { flaws, bills } = await delivered(month);
    expect(flaws).toEqual([]);
    expect(bills.COMPLETED + bills.parked).toBe(members - 1);
    // Of the mails that were under way when it stopped, nobody can tell.
    expect(bills.parked).toBeLessThanOrEqual(concurrency);
  });
});
