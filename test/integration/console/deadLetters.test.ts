import { describe, expect, it } from 'vitest';
import { emailTopic } from '../../../pipelines/billing/dispatchedBill.ts';
import { through } from '../crash/through.ts';
import '../daemon/eventually.ts';
import { anOperatedMonth, type OperatedMonth } from './aDaemon.ts';

const canary = 'CanaryQ7x';
const topic = emailTopic.name;

/** Puts letters aside as `billing.deliver` would, with a value that it will put aside again. */
async function putAside(month: OperatedMonth, count: number, code = 'undecodable'): Promise<void> {
  for (let number = 1; number <= count; number += 1) {
    const headers = {
      trace: `t${number}`,
      'weir-pipeline': 'billing.deliver',
      'weir-stage': 'decode',
      'weir-code': code,
      'weir-attempts': '1',
    };
    const value = JSON.stringify({ version: 1, number, email: `${canary}@mail.example`, name: canary, phone: '010-1234-5678' });
    await month.topic.putAside('key', `letter ${number}`, 'value', value, 'headers', JSON.stringify(headers));
  }
}

interface Group {
  readonly open: number;
  readonly code: string;
  readonly upTo: string;
}

async function groupOf(month: OperatedMonth, code: string): Promise<Group> {
  const { answer, errors } = await month.say('dead-letters', 'list');
  const group = (answer as { groups: readonly Group[] } | undefined)?.groups.find((candidate) => candidate.code === code);
  if (group === undefined) throw new Error(`no group ${code}: ${JSON.stringify(answer)} ${errors}`);
  return group;
}

describe('dead letters', () => {
  it('are replayed as a frozen selection, each once, from their own bytes; twice, they are told to be done', async () => {
    const month = await anOperatedMonth();
    await putAside(month, 3);
    await putAside(month, 1, 'notFound');
    const weir = await month.start('--profile', 'producer');
    const group = await groupOf(month, 'undecodable');
    expect(group).toMatchObject({ topic, pipeline: 'billing.deliver', stage: 'decode', open: 3 });
    await putAside(month, 1);

    const replay = ['dead-letters', 'replay', topic, '--code', 'undecodable', '--up-to', group.upTo, '--reason', 'mended'];
    const refused = await month.say(...replay, '--expect', '4');
    expect(refused).toMatchObject({ code: 1, errors: 'expected 4 open dead letters, found 3' });
    expect((await month.say(...replay, '--expect', '3')).answer).toEqual({ replay: '1', selected: 3, left: 0 });
    await weir.logged('replay of dead letters completed', { key: '1' });
    const published = await month.topic.entries();
    expect(published.map(({ key, headers }) => ({ key, headers }))).toEqual(
      [1, 2, 3].map((number) => ({ key: `letter ${number}`, headers: { trace: `t${number}` } })),
    );
    expect(String(published[0]?.value)).toContain(`${canary}@mail.example`);

    const again = await month.say(...replay, '--expect', '3');
    expect(again).toMatchObject({ code: 1, errors: 'expected 3 open dead letters, found 0; 3 replayed before' });
    expect(await month.topic.entries()).toHaveLength(3);
    expect((await month.say('dead-letters', 'progress')).answer).toMatchObject([
      { replay: '1', state: 'COMPLETED', replayed: 3, actor: 'kim' },
    ]);
    // The one that came after the counting is open still.
    expect(await groupOf(month, 'undecodable')).toMatchObject({ open: 1, replayed: 3 });
    expect(await weir.stop()).toEqual({ code: 0, signal: null });
  });

  it('are discarded once; what is gone, and what is discarded, is told as that', async () => {
    const month = await anOperatedMonth();
    await putAside(month, 2);
    await month.start('--profile', 'producer');
    const [first = '', second = ''] = await month.topic.putAsideIds();
    const discard = (position: string): ReturnType<OperatedMonth['say']> =>
      month.say('dead-letters', 'discard', topic, '--position', position, '--reason', 'of a test');
    expect((await discard(first)).answer).toEqual({ discarded: 1, left: 0 });
    expect(await discard(first)).toMatchObject({ code: 1, errors: 'expected 1 open dead letters, found 0; 1 discarded before' });
    expect(await discard('1-1')).toMatchObject({ code: 2, errors: expect.stringContaining('never there, or was trimmed away') as string });
    await month.topic.trim(second);
    expect((await discard(second)).code).toBe(2);
    const rows = await month.database.query('SELECT action, target, reason, input, result FROM weir.audit');
    expect(rows).toEqual([
      {
        ...{ action: 'dead-letters.discard', target: `${topic} ${first}`, reason: 'of a test' },
        ...{ input: { topic, position: first, cap: 1_000 }, result: { discarded: 1, left: 0 } },
      },
    ]);
  });

  it('are taken by one of two operators who act on the same at once', async () => {
    const month = await anOperatedMonth();
    await putAside(month, 20);
    const weir = await month.start('--profile', 'producer');
    const { upTo } = await groupOf(month, 'undecodable');
    const words = [topic, '--up-to', upTo, '--expect', '20', '--reason', 'at once'];
    const said = await Promise.all([month.say('dead-letters', 'replay', ...words), month.say('dead-letters', 'replay', ...words)]);
    expect(said.map(({ code }) => code).sort()).toEqual([0, 1]);
    await weir.logged('replay of dead letters completed');
    expect(await month.topic.entries()).toHaveLength(20);
    expect(await month.say('dead-letters', 'discard', ...words)).toMatchObject({
      ...{ code: 1, errors: 'expected 20 open dead letters, found 0; 20 replayed before' },
    });
  });

  it('are shown, listed, logged and audited without personal data', async () => {
    const month = await anOperatedMonth();
    await putAside(month, 1);
    const weir = await month.start('--profile', 'producer');
    const [position = ''] = await month.topic.putAsideIds();
    const shown = await month.say('dead-letters', 'show', topic, position);
    expect(shown.answer).toMatchObject({
      ...{ position, state: 'OPEN', code: 'undecodable', key: 'text (8 characters)' },
      content: { version: 1, number: 1, email: 'text (22 characters)', name: 'text (9 characters)', phone: 'text (13 characters)' },
    });
    const listed = await month.say('dead-letters', 'list', topic);
    await month.say('dead-letters', 'replay', topic, '--position', position, '--reason', 'a test');
    await weir.logged('replay of dead letters completed');
    const audit = await month.say('audit', 'list');
    const tables = await month.database.query('SELECT a::text FROM weir.audit a UNION ALL SELECT d::text FROM weir.dead_letter_action d');
    expect(JSON.stringify(audit.answer)).toContain('dead-letters.replay');
    for (const text of [shown, listed, audit, tables].map((told) => JSON.stringify(told))) expect(text).not.toMatch(/CanaryQ7x|010-1234/);
    expect(weir.errors()).not.toContain(canary);
  });

  it('are replayed to the end by a daemon whose connection to Redis is lost while it reads them', async () => {
    const month = await anOperatedMonth();
    await putAside(month, 30);
    const { proxy, url } = await through(month.redisUrl);
    const weir = await month.startWith({ WEIR_REDIS_URL: url }, '--profile', 'producer', '--set', 'jobs.pollMs=50');
    const { upTo } = await groupOf(month, 'undecodable');
    const replay = ['dead-letters', 'replay', topic, '--up-to', upTo, '--expect', '30', '--rate', '10', '--reason', 'mended'];
    expect((await month.say(...replay)).answer).toMatchObject({ selected: 30 });
    // Ten at once, a second between them: this is the second chunk, or the third.
    await proxy.strike('xrange', 'cutBefore');
    await weir.logged('dead letters cannot be replayed for now', { code: 'unavailable' });
    await weir.logged('replay of dead letters completed', { key: '1' });
    expect((await month.topic.entries()).map(({ key }) => key)).toEqual(Array.from({ length: 30 }, (_, at) => `letter ${at + 1}`));
    expect((await weir.ask('/readyz')).text).toContain('"failed":[]');
    expect(await weir.stop(), weir.errors()).toEqual({ code: 0, signal: null });
  });

  it.each([
    ['before its chunk was published', 'cutBefore', 30],
    ['after its chunk was published, before that was recorded', 'cutAfter', 40],
  ] as const)('whose replay is killed %s are all published when another daemon goes on', async (_, strike, expected) => {
    const month = await anOperatedMonth();
    await putAside(month, 30);
    const { proxy, url } = await through(month.redisUrl);
    const words = ['--profile', 'producer', '--set', 'jobs.leaseMs=500', '--set', 'jobs.pollMs=50'];
    const first = await month.startWith({ WEIR_REDIS_URL: url }, ...words);
    const { upTo } = await groupOf(month, 'undecodable');
    // Ten at once; this one is in the middle of the second chunk.
    const struck = proxy.strike('letter 15', strike, { call: () => first.signal('SIGKILL') });
    const replay = ['dead-letters', 'replay', topic, '--up-to', upTo, '--expect', '30', '--rate', '10', '--reason', 'mended'];
    expect((await month.say(...replay)).answer).toMatchObject({ selected: 30 });
    await struck;
    expect(await first.ended).toEqual({ code: null, signal: 'SIGKILL' });

    const second = await month.start(...words);
    await second.logged('replay of dead letters completed', { key: '1' });
    const keys = (await month.topic.entries()).map(({ key }) => key);
    expect(new Set(keys).size).toBe(30);
    expect(keys).toHaveLength(expected);
    expect((await month.say('dead-letters', 'progress')).answer).toMatchObject([
      { state: 'COMPLETED', selected: 30, replayed: 30, gone: 0 },
    ]);
  });
});
