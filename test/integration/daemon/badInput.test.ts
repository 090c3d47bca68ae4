import { describe, expect, it } from 'vitest';
import { countsOf, isLawful } from '../../../stack/demo/law.ts';
import { startWeir } from '../../support/weirProcess.ts';
import { aMonth } from './aMonth.ts';
import { eventually } from './eventually.ts';
import { theTopic, type FoundLetter } from './theTopic.ts';

const aMessage = { version: 1, billId: '7', billingDate: '2026-11-01', publicInfoId: '1', destination: 'mail.example', quietHours: null };
const asJson = (message: object): Buffer => Buffer.from(JSON.stringify(message));

describe('bad input on the bus', () => {
  it('goes to the dead letters with its reason and its own bytes, and the good bills beside it are mailed', async () => {
    const month = await aMonth();
    await month.load([{}, {}, {}]);
    const topic = await theTopic(month.redisUrl);
    const bad = [
      ['not JSON', Buffer.from([0x00, 0xff, 0xfe, 0x7b]), 'undecodable', 'decode', 'UTF-8 was expected'],
      ['half of a JSON', Buffer.from('{"version":1,'), 'undecodable', 'decode', 'JSON was expected'],
      ['nothing', Buffer.alloc(0), 'undecodable', 'decode', 'JSON was expected'],
      ['a tombstone', Buffer.from('null'), 'undecodable', 'decode', 'expected object'],
      ['another shape', asJson({ ...aMessage, billId: 'seven' }), 'undecodable', 'decode', 'billId'],
      ['more than was agreed', asJson({ ...aMessage, bcc: 'x' }), 'undecodable', 'decode', 'bcc'],
      ['a prototype', Buffer.from('{"version":1,"__proto__":{"version":1}}'), 'undecodable', 'decode', '__proto__'],
      ['version -1', asJson({ ...aMessage, version: -1 }), 'undecodable', 'decode', 'version: expected a number of 1 or more'],
      ['version x', asJson({ ...aMessage, version: 'x' }), 'undecodable', 'decode', 'version'],
      ['too large', Buffer.alloc(4_097, 'x'), 'oversize', 'read', '4097 bytes, the topic allows 4096'],
      ['a bill that is not there', asJson(aMessage), 'notFound', 'send', 'not known'],
    ] as const;
    for (const [name, value] of bad.slice(0, 6)) await topic.append('key', name, 'value', value);
    await month.dispatch();
    for (const [name, value] of bad.slice(6)) await topic.append('key', name, 'value', value, 'headers', '{"trace":"t1"}');
    await topic.append('event', 'invoice', 'id', '5');

    const weir = startWeir(month.environment, 'run', '--profile', 'consumer');
    const letters = await eventually('all of it is put aside', async () => {
      const found = await topic.deadLetters();
      return found.length === bad.length + 1 ? found : undefined;
    });
    const letterOf = (name: string): FoundLetter | undefined => letters.find(({ key }) => key === name);
    for (const [name, value, code, stage, text] of bad) {
      const letter = letterOf(name);
      expect(letter?.value, name).toEqual(value);
      expect(letter?.headers, name).toMatchObject({ 'weir-code': code, 'weir-stage': stage, 'weir-pipeline': 'billing.deliver' });
      expect(letter?.headers['weir-text'], name).toContain(text);
      expect(letter?.headers['weir-text'], name).not.toContain('\n');
    }
    expect(letterOf('too large')?.headers['trace']).toBe('t1');
    const foreign = letterOf('');
    expect(JSON.parse(String(foreign?.value))).toEqual(['event', 'invoice', 'id', '5']);
    expect(foreign?.headers).toMatchObject({ 'weir-code': 'undecodable', 'weir-stage': 'read' });

    await eventually('3 mails came', () => month.inbox.count() >= 3);
    await eventually('everything is settled', async () => (await topic.pending()) === 0);
    // Redis has an acknowledgement a moment before the daemon hears of it.
    const counts = await eventually('nothing is in flight', async () => {
      const [told] = countsOf((await weir.ask('/metrics')).text);
      return told?.inFlight === 0 ? told : undefined;
    });
    expect(counts).toMatchObject({ received: 15, done: 3, dead: 12, inFlight: 0 });
    expect(isLawful(counts)).toBe(true);
    expect(await weir.stop()).toEqual({ code: 0, signal: null });
    expect(
      month.inbox
        .received()
        .flatMap(({ to }) => to)
        .sort(),
    ).toEqual([0, 1, 2].map((index) => `member${index}@mail.example`));
    expect(await month.bills()).toEqual({ COMPLETED: 3 });
  });
});

describe('a member whose address is none', () => {
  it('is refused alone: the others of the day are dispatched and mailed', async () => {
    const month = await aMonth();
    await month.load([{}, { email: 'nobody' }, { email: 'no body@two words' }, { email: 'Capital@Mail.Example' }]);
    await month.dispatch();
    const topic = await theTopic(month.redisUrl);
    const weir = startWeir(month.environment, 'run', '--profile', 'consumer');
    await eventually('everything is settled', async () => (await topic.unread()) === 0 && (await topic.pending()) === 0);
    expect(await weir.stop()).toEqual({ code: 0, signal: null });
    expect(await month.bills()).toEqual({ COMPLETED: 2, FAILED: 2 });
    expect((await topic.deadLetters()).map(({ headers }) => headers['weir-code'])).toEqual(['refused', 'refused']);
  });
});

describe('a message of a newer version', () => {
  it('pauses the pipeline with that reason: nothing is settled, nothing put aside, and an upgrade finds it again', async () => {
    const month = await aMonth();
    const topic = await theTopic(month.redisUrl);
    await topic.append('key', '1', 'value', asJson({ ...aMessage, version: 2, currency: 'KRW' }));

    const weir = startWeir(month.environment, 'run', '--profile', 'consumer');
    const { reason } = await weir.logged('pipeline state', { pipeline: 'billing.deliver', state: 'paused' });
    expect(reason).toBe("A bill's message of version 2; this Weir reads up to 1.");
    const errors = weir.log().filter(({ level }) => level >= 50);
    expect(errors).toEqual([
      expect.objectContaining({
        msg: 'pipeline paused by a message of a newer version: start a Weir that reads that version, then restart this process',
        error: reason,
      }),
    ]);
    const ready = await eventually('it is ready', async () => {
      const answer = await weir.ask('/readyz');
      return answer.status === 200 ? answer : undefined;
    });
    expect(JSON.parse(ready.text)).toMatchObject({ status: 'ready', failed: [], paused: ['billing.deliver'] });
    const { text } = await weir.ask('/metrics');
    expect(text).toContain('weir_pipeline_state{pipeline="billing.deliver",state="paused"} 1');
    expect(text).toContain('weir_pipeline_state{pipeline="billing.deliver",state="running"} 0');
    const counts = countsOf(text).find(({ pipeline }) => pipeline === 'billing.deliver');
    expect(counts).toMatchObject({ received: 1, released: 1, dead: 0, done: 0, inFlight: 0 });
    expect((await weir.ask('/livez')).status).toBe(200);
    expect(await topic.deadLetters()).toEqual([]);
    expect(await topic.pending()).toBe(1);
    expect(weir.log().filter(({ msg }) => msg === 'pipeline starts again')).toEqual([]);
    expect(await weir.stop()).toEqual({ code: 0, signal: null });
    expect(await topic.pending()).toBe(1);
  });
});
