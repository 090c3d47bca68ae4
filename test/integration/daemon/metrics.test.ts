import { describe, expect, it } from 'vitest';
import { watchedStates } from '../../../pipelines/billing/billGauges.ts';
import { parkReasons } from '../../../pipelines/billing/tellParked.ts';
import { putAsideReasons } from '../../../pipelines/payments/tellPutAside.ts';
import { systems } from '../../../pipelines/index.ts';
import { methods } from '../../../pipelines/payments/payment.ts';
import { settlementCodes } from '../../../pipelines/payments/settlement.ts';
import { asideReasons } from '../../../pipelines/deposits/takeStagedStore.ts';
import { openStates, parkCodes } from '../../../pipelines/remittance/remittanceGauges.ts';
import { linkParkCodes, openStatus } from '../../../pipelines/accountLinks/linkGauges.ts';
import { errorCodes } from '../../../src/errors.ts';
import { replaceReasons, sourceStates } from '../../../src/connectors/sourceStatus.ts';
import { catalogue } from '../../../src/metrics/catalogue.ts';
import { countsOf, isLawful } from '../../../stack/demo/law.ts';
import { quietNow } from '../../support/quietNow.ts';
import { startWeir } from '../../support/weirProcess.ts';
import { aMonth } from './aMonth.ts';
import { eventually } from './eventually.ts';
import { theTopic } from './theTopic.ts';

interface Sample {
  readonly name: string;
  readonly labels: readonly (readonly [string, string])[];
}

function samplesOf(text: string): readonly Sample[] {
  const lines = text.split('\n').filter((line) => line !== '' && !line.startsWith('#'));
  return lines.map((line) => {
    const [, name = '', labels = ''] = /^(\w+)(?:\{(.*)\})? \S+$/.exec(line) ?? [];
    return {
      name,
      labels: [...labels.matchAll(/(\w+)="((?:[^"\\]|\\.)*)"/g)].map(([, label = '', value = '']) => [label, value] as const),
    };
  });
}

function oursOf(samples: readonly Sample[]): readonly Sample[] {
  return samples.filter(({ name }) => name.startsWith('weir_'));
}

/** The metric that a sample belongs to. */
function nameOf({ name }: Sample): string {
  return name.replace(/_seconds_(bucket|sum|count)$/, '_seconds');
}

/** Every value that a label of ours may have. */
const allowed: Readonly<Record<string, readonly string[]>> = {
  pipeline: [...systems.pipelines, ...systems.jobs].map(({ name }) => name),
  stage: ['read', ...[...systems.pipelines, ...systems.jobs].flatMap(({ stages }) => stages)],
  outcome: ['done', 'skipped', 'deferred', 'dead', 'released'],
  state: ['starting', 'running', 'paused', 'backingOff', 'draining', 'stopped', 'failed', ...sourceStates, ...openStates, ...watchedStates],
  // The readers of a stream.
  partition: ['1', '2', '3', '4'],
  code: Object.keys(errorCodes),
  schedule: systems.schedules.map(({ name }) => name),
  dependency: ['smtp', 'sms', 'chat', 'card', 'transfer', 'wallet', 'bank'],
  route: [...systems.apiRoutes.map(({ path }) => path), '/openapi.json', 'none'],
  method: ['GET', 'POST', 'other', ...methods],
  status: ['2xx', '3xx', '4xx', '5xx', 'REQUESTED', 'SENT', 'FAILED', 'PARKED', ...openStatus],
  outbox: systems.outboxes.map(({ schema }) => schema),
  topic: systems.topics.map(({ name }) => name),
  reason: [...parkReasons, ...putAsideReasons, ...replaceReasons, ...settlementCodes, ...parkCodes, ...linkParkCodes, ...asideReasons],
  step: ['deposit', 'withdrawal', 'call'],
  account: ['POOL', 'TRANSIT', 'SUSPENSE'],
  statistic: ['p99', 'max'],
  le: [...[...catalogue.weir_pipeline_stage_seconds.buckets, ...catalogue.weir_api_request_seconds.buckets].map(String), '+Inf'],
};

describe('/metrics', () => {
  it('keeps the law in every scrape of a delivery, and has no label value from input', async () => {
    const month = await aMonth();
    await month.load([
      ...Array.from({ length: 30 }, () => ({})),
      ...Array.from({ length: 4 }, (_, index) => ({ publicInfoId: BigInt(2_001 + index), email: `nobody${index}@refused.example` })),
      ...Array.from({ length: 5 }, (_, index) => ({ publicInfoId: BigInt(3_001 + index), quietHours: quietNow() })),
    ]);
    month.inbox.faults.add({ phase: 'rcpt', to: '@refused.example', action: { kind: 'reply', text: '550 5.1.1 no such mailbox' } });
    month.inbox.faults.add({ phase: 'rcpt', times: 3, action: { kind: 'reply', text: '451 4.7.1 again' } });
    month.inbox.faults.add({ phase: 'data', action: { kind: 'delay', delayMs: 20 } });
    await month.dispatch();
    const topic = await theTopic(month.redisUrl);
    await topic.append('key', 'poison"\\\n{key="1001"}', 'value', 'x');

    const weir = startWeir(month.environment, 'run', '--set', 'billing.deliver.send.concurrency=4', '--set', 'api.port=0');
    const scrapes: string[] = [];
    await eventually('everything is settled', async () => {
      scrapes.push((await weir.ask('/metrics')).text);
      const [counts] = countsOf(scrapes.at(-1) ?? '');
      return counts?.received === 40 && counts.inFlight === 0;
    });
    const counts = scrapes.flatMap(countsOf);
    expect(counts.filter((row) => !isLawful(row))).toEqual([]);
    expect(counts.some(({ inFlight }) => inFlight > 0)).toBe(true);
    const [last] = countsOf(scrapes.at(-1) ?? '');
    expect(last).toMatchObject({ dead: 5, skipped: 0, released: 0, inFlight: 0 });
    expect((last?.done ?? 0) + (last?.deferred ?? 0)).toBe(35);

    // The metrics of outboxes are there as soon as a system has one.
    const expected = Object.keys(catalogue).filter((name) => systems.outboxes.length > 0 || !name.startsWith('weir_outbox_'));
    // A scrape leaves out what it is not answered within a second.
    await eventually('each of the catalogue was told', async () => {
      scrapes.push((await weir.ask('/metrics')).text);
      const told = new Set(oursOf(scrapes.flatMap(samplesOf)).map(nameOf));
      expect(expected.filter((name) => !told.has(name))).toEqual([]);
      return true;
    });
    const samples = scrapes.flatMap(samplesOf);
    const ours = oursOf(samples);
    const strange = ours.flatMap(({ name, labels }) =>
      labels.filter(([label, value]) => allowed[label]?.includes(value) !== true).map((label) => [name, ...label]),
    );
    expect(strange).toEqual([]);
    expect([...new Set(ours.map(nameOf))].filter((name) => !(name in catalogue))).toEqual([]);
    const values = samples.flatMap(({ labels }) => labels.map(([, value]) => value));
    expect(values.filter((value) => /@|127\.0\.0\.1|(?<![\d.])\d{4,}/.test(value))).toEqual([]);
    expect(scrapes.at(-1)).toMatch(/^weir_dead_letters_total\{pipeline="billing.deliver",stage="record",code="refused"\} 4$/m);
    expect(scrapes.at(-1)).toMatch(/^weir_dead_letters_total\{pipeline="billing.deliver",stage="decode",code="undecodable"\} 1$/m);
    expect(await weir.stop()).toEqual({ code: 0, signal: null });
  });
});
