import { expect, it, vi } from 'vitest';
import { until } from '../../support/until.ts';
import type { Inbox } from '../../../simulators/inbox.ts';
import { delivered } from '../crash/deliveryFlaws.ts';
import { allDelivered, startDelivery, toDeliver, told, unhurried } from './toDeliver.ts';

vi.setConfig({ testTimeout: 180_000 });

const down = async (inbox: Inbox): Promise<void> => {
  await inbox.refuseConnections();
  inbox.cutConnections();
};

const blackHole = (inbox: Inbox): Promise<void> => {
  inbox.swallowConnections();
  return Promise.resolve();
};

it.each([
  ['goes down', down],
  ['becomes a black hole, open connections included,', blackHole],
] as const)('a mail server that %s in the middle holds bills back unclaimed, and gets them all once it is back', async (_, fail) => {
  const members = 300;
  const month = await toDeliver({ members });
  const { database, environment, inbox } = month;
  const daemon = startDelivery(environment);
  // What stands before its dot when the server fails was surely not sent.
  inbox.faults.add({ phase: 'rcpt', action: { kind: 'delay', delayMs: 5 } });
  await inbox.until(20, 30_000);
  await fail(inbox);
  await daemon.logged('breaker shut: what needs this waits until it is back', { dependency: 'smtp' });

  const claimed = "SELECT id FROM billing.billing_p WHERE send_status = 'SENDING' AND park_reason IS NULL";
  await until('what was claimed has gone back', async () => (await database.query(claimed)).length === 0, { limitMs: 30_000 });
  // Well past the limit from which standing work would turn /livez red.
  const shutMs = performance.now();
  await until('it has waited for a while', () => performance.now() - shutMs > 2_500);
  const state = await told(daemon);
  expect(state).toMatchObject({ live: 200, isLawful: true });
  expect(state.ready).toContain('"billing.deliver (breaker: smtp)"');
  expect(state.ready).toContain('"smtp":"unreachable"');
  const { text } = await daemon.ask('/metrics');
  expect(text).toContain('weir_breaker_state{dependency="smtp"} 2');
  expect(text).toContain('weir_pipeline_held_back{pipeline="billing.deliver"} 1');
  const [burned] = await database.query<{ count: bigint }>("SELECT count(*) FROM billing.send_attempt WHERE result = 'LATER'");
  // Those that were under way, and those that failed until the breaker shut: none for the time that it was shut.
  expect(Number(burned?.count)).toBeLessThanOrEqual(4 + 4 + 5);

  await inbox.acceptConnections();
  await daemon.logged('breaker open again', { dependency: 'smtp' });
  await allDelivered(month);
  expect(await daemon.stop(), daemon.errors()).toEqual({ code: 0, signal: null });
  expect(daemon.log().filter(({ msg }) => msg.startsWith('breaker'))).toHaveLength(2);
  const { flaws, bills } = await delivered(month);
  expect({ flaws, waiting: bills.waiting, failed: bills.FAILED }).toEqual({ flaws: [], waiting: 0, failed: 0 });
  // A mail whose dot the black hole swallowed is unknown: no more of those than were under way.
  expect(bills.parked).toBeLessThanOrEqual(4);
});

it('a daemon that is stopped while the mail server is away gives back what waits, cleanly', async () => {
  const month = await toDeliver({ members: 60 });
  await down(month.inbox);
  const daemon = startDelivery(month.environment);
  await daemon.logged('breaker shut: what needs this waits until it is back', { dependency: 'smtp' });
  expect(await daemon.stop(), daemon.errors()).toEqual({ code: 0, signal: null });
  await month.inbox.acceptConnections();
  const next = startDelivery(month.environment, ...unhurried);
  await allDelivered(month);
  expect(await next.stop(), next.errors()).toEqual({ code: 0, signal: null });
  expect(await delivered(month)).toEqual({ flaws: [], bills: { COMPLETED: 59, FAILED: 0, waiting: 0, parked: 0 } });
});
