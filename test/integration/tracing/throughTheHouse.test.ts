import { beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { z } from 'zod';
import { decode } from '../../../operators/decode.ts';
import { mapChunk } from '../../../operators/mapChunk.ts';
import { mapEach } from '../../../operators/mapEach.ts';
import { defineApiRoute } from '../../../src/api/apiRoute.ts';
import type { Bus, Topic } from '../../../src/connectors/bus.ts';
import type { PostgresDatabase } from '../../../src/connectors/postgres/openDatabase.ts';
import { showLetterRoute } from '../../../src/console/house/showLetter.ts';
import type { HousePorts } from '../../../src/console/house/housePorts.ts';
import { WeirError } from '../../../src/errors.ts';
import type { LogFields } from '../../../src/logging/logger.ts';
import { dead } from '../../../src/message/decision.ts';
import type { KeptLetter } from '../../../src/message/keptLetter.ts';
import { realClock } from '../../../src/runtime/clock.ts';
import { createOutbox, type Outbox } from '../../../src/runtime/outbox/outbox.ts';
import { runRelays } from '../../../src/runtime/outbox/runRelays.ts';
import { runChain, type ChainSpec } from '../../../src/runtime/runChain.ts';
import { tracedBus } from '../../../src/tracing/tracedBus.ts';
import { anApiServer, ask } from '../../api/anApiServer.ts';
import { aRedisBus } from '../../connectors/redisStream/aRedisBus.ts';
import { read } from '../../conformance/reading.ts';
import { testTopic } from '../../conformance/busHarness.ts';
import { silent } from '../../support/aSpec.ts';
import { aMigratedDatabase, aRedis } from '../../support/services.ts';
import { until } from '../../support/until.ts';
import { openPool } from '../jobs/copyJob.ts';

const [asked, moved]: readonly [Topic, Topic] = [testTopic(), testTopic()];
const row = z.strictObject({ id: z.string() });
const bytes = (id: string): Uint8Array => Buffer.from(JSON.stringify({ id }));
const meter = { stage: () => undefined, retried: () => undefined, deadLettered: () => undefined };

let database: PostgresDatabase;
let outbox: Outbox;
let bus: Bus;
const lines: LogFields[] = [];
const chunks: number[] = [];

beforeAll(async () => {
  database = openPool(await aMigratedDatabase());
  await database.execute('CREATE SCHEMA shop');
  await database.query(`SELECT weir.provide_outbox('shop')`);
  outbox = createOutbox({ schema: 'shop', profile: 'test', topics: [asked, moved] });
  bus = tracedBus(aRedisBus(await aRedis()));
  return () => bus.close();
});

/** Takes an order on: its message stands in the outbox with the request's own transaction. */
const order = defineApiRoute({
  method: 'POST',
  path: '/orders',
  about: 'order',
  input: z.strictObject({ body: z.strictObject({ id: z.string().meta({ description: 'which' }) }) }),
  answers: { 202: { about: 'it is taken on' } },
  answer: async (_: object, { input: { body } }) => {
    const message = { topic: asked, id: `asked ${body.id}`, key: body.id, value: bytes(body.id) };
    await database.withTransaction((transaction) => outbox.insert(transaction, [message]));
    return { status: 202, body: null };
  },
});

/** Moves a chunk of orders in one transaction; what follows has a key of its own. */
async function move(orders: readonly { readonly id: string }[]): Promise<readonly { readonly id: string }[]> {
  const messages = orders.map(({ id }) => ({ topic: moved, id: `moved ${id}`, key: `move of ${id}`, follows: id, value: bytes(id) }));
  await database.withTransaction((transaction) => outbox.insert(transaction, messages));
  chunks.push(orders.length);
  return orders;
}

function refuse(): ReturnType<typeof dead> {
  return dead(new WeirError('refused', 'nobody moves that'));
}

function start(name: string, topic: Topic, chain: ChainSpec<Uint8Array>['chain']): void {
  const log = { ...silent, warn: (_sentence: string, fields: LogFields = {}) => void lines.push(fields) };
  const run = runChain({
    ...{ name, chain, clock: realClock, meter, log, stopTimeoutMs: 2_000, limits: { window: 100, maxSpan: 200 } },
    source: bus.subscribe(topic, { group: name, readers: 1 }),
  });
  onTestFinished(async () => {
    run.drain();
    await run.ended;
  });
}

function startRelays(): void {
  const stopping = new AbortController();
  const relaying = runRelays({
    ...{ database, bus, outboxes: [outbox], clock: realClock, log: silent, pollMs: 20, draining: stopping.signal },
    meter: { published: () => undefined, failed: () => undefined },
  });
  onTestFinished(async () => {
    stopping.abort();
    await relaying;
  });
}

describe('a trace', () => {
  it('goes from the request through the outbox, the bus, a chunk and the outbox again to the dead letter', async () => {
    const { url } = await anApiServer([order], {});
    const ids = Array.from({ length: 20 }, (_, index) => `order-${index}`);
    const traceIds = new Map<string, string>();
    for (const [index, id] of ids.entries()) {
      // Every other caller brings a trace; the others are told theirs by the answer.
      const own = index % 2 === 0 ? {} : { traceparent: `00-${String(index).padStart(32, 'a')}-00f067aa0ba902b7-01`, tracestate: 'a=b' };
      const { status, headers } = await ask(`${url}/orders`, { method: 'POST', body: JSON.stringify({ id }), headers: own });
      expect(status).toBe(202);
      traceIds.set(id, headers.get('traceparent')?.slice(3, 35) ?? '');
    }
    expect(new Set(traceIds.values()).size).toBe(ids.length);

    // They are moved many at once: a chunk mixes their traces.
    start('shop.move', asked, (message$) => message$.pipe(decode(row), mapChunk(move, { size: 20, maxWaitMs: 2_000 })));
    start('shop.end', moved, (message$) => message$.pipe(decode(row), mapEach(refuse)));
    startRelays();
    const reader = bus.deadLettersOf(moved);
    const letters = await until('all are put aside', async () => {
      const page = await reader.page({ limit: 100 });
      return page.length >= ids.length ? page : undefined;
    });
    const orderOf = ({ value }: KeptLetter): string => (JSON.parse(Buffer.from(value).toString()) as { readonly id: string }).id;
    const idOf = ({ headers }: KeptLetter): string | undefined => headers.get('traceparent')?.slice(3, 35);
    expect(Math.max(...chunks)).toBeGreaterThan(1);
    expect(new Map(letters.map((letter) => [orderOf(letter), idOf(letter)]))).toEqual(traceIds);
    expect(letters.find((letter) => orderOf(letter) === 'order-3')?.headers.get('tracestate')).toBe('a=b');
    // It is found by its id in the log, which has it a moment after it was written, and a person is shown it.
    await until('each is told in the log', () => lines.length >= ids.length);
    expect(new Set(lines.map(({ traceId }) => traceId))).toEqual(new Set(traceIds.values()));
    const [first] = letters as readonly [KeptLetter];
    const ports: Pick<HousePorts, 'database' | 'bus' | 'topics'> = { database, bus, topics: [asked, moved] };
    const shown = await showLetterRoute.answer(
      ports as HousePorts,
      { topic: moved.name, position: first.position },
      { name: 'kim', role: 'viewer' },
    );
    expect(shown).toMatchObject({ traceId: traceIds.get(orderOf(first)), code: 'refused' });
  });

  it('begins with the relay for rows that an older Weir left behind', async () => {
    const bare = JSON.stringify({ 'weir-event-id': 'old' });
    const insert = `INSERT INTO shop.outbox (topic, key, headers, value, not_before) VALUES ($1, 'old', $2::jsonb, 'x', '-infinity')`;
    await database.execute({ text: insert, values: [asked.name, bare] });
    startRelays();
    const reading = read(bus.subscribe(asked, { group: 'look', readers: 1 }), { settleAs: 'done' });
    const old = await until('it is read', () => reading.deliveries.find(({ key }) => key === 'old'));
    expect(old.headers.get('traceparent')).toMatch(/^00-[0-9a-f]{32}-[0-9a-f]{16}-02$/);
    expect(old.headers.get('weir-event-id')).toBe('old');
  });
});
