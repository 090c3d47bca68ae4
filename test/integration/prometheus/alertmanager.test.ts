import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { text as textOf } from 'node:stream/consumers';
import { promisify } from 'node:util';
import { beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { startAlertmanager } from '../../../stack/alertmanager.ts';
import { alertmanagerBinaries } from '../../../stack/alertmanagerBinaries.ts';
import { atTheEnd } from '../../support/atTheEnd.ts';
import { hastyAlertmanager } from '../../support/hastyAlertmanager.ts';
import { rules } from '../../support/monitoring.ts';
import { orSkipped } from '../../support/orSkipped.ts';
import { until } from '../../support/until.ts';

const run = promisify(execFile);
const file = join(import.meta.dirname, '../../../config/prometheus/alertmanager.yml');
const binaries = await orSkipped(alertmanagerBinaries);

type Labels = Readonly<Record<string, string>>;

interface Message {
  readonly path: string;
  readonly groupLabels: Labels;
  readonly alerts: readonly { readonly labels: Labels }[];
}

/** An alert with the labels that its rule gives it. */
function alert(alertname: string, labels: Labels = {}): Labels {
  const own = rules().find((rule) => rule.alert === alertname)?.labels;
  if (own === undefined) throw new Error(`There is no alert ${alertname}.`);
  return { alertname, ...own, ...labels };
}

describe.skipIf(binaries === undefined)('amtool', () => {
  const amtool = async (...args: readonly string[]): Promise<string> => (await run(binaries?.amtool[0] ?? '', args)).stdout;

  it('accepts the configuration', async () => {
    expect(await amtool('check-config', file)).toContain('SUCCESS');
  });

  it.each([
    ['page', 'page'],
    ['ticket', 'ticket'],
    ['misspelt', 'ticket'],
  ])('sends what is a %s to %s', async (severity, receiver) => {
    expect((await amtool('config', 'routes', 'test', `--config.file=${file}`, `severity=${severity}`, 'alertname=Weir')).trim()).toBe(
      receiver,
    );
  });
});

describe.skipIf(binaries === undefined)('a real Alertmanager', () => {
  let url: string;
  const messages: Message[] = [];

  beforeAll(async () => {
    const server = createServer((request, response) => {
      void textOf(request).then((body) => {
        messages.push({ ...(JSON.parse(body) as Message), path: request.url ?? '' });
        response.end();
      });
    });
    await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening));
    atTheEnd(() => new Promise((closed) => server.close(closed)));
    const alertmanager = await startAlertmanager(hastyAlertmanager(`http://127.0.0.1:${(server.address() as AddressInfo).port}`));
    atTheEnd(() => alertmanager.close());
    ({ url } = alertmanager);
  });

  const post = async (alerts: readonly Labels[], endsAt?: Date): Promise<void> => {
    const body = JSON.stringify(alerts.map((labels) => ({ labels, ...(endsAt && { endsAt }) })));
    const { status } = await fetch(`${url}/api/v2/alerts`, { method: 'POST', headers: { 'content-type': 'application/json' }, body });
    expect(status).toBe(200);
  };

  const active = async (): Promise<readonly { readonly labels: Labels; readonly status: { readonly inhibitedBy: readonly string[] } }[]> =>
    (await (await fetch(`${url}/api/v2/alerts`)).json()) as Awaited<ReturnType<typeof active>>;

  beforeEach(async () => {
    await post(
      (await active()).map(({ labels }) => labels),
      new Date(),
    );
    await until('no alert is active', async () => (await active()).length === 0);
    messages.length = 0;
  });

  /** Which alerts are held back, as name and what they name. */
  async function held(): Promise<readonly string[]> {
    const found = (await active()).filter(({ status }) => status.inhibitedBy.length > 0);
    return found
      .map(({ labels }) => [labels['alertname'], labels['pipeline'] ?? labels['method'] ?? labels['instance'] ?? ''].join(' ').trim())
      .sort();
  }

  /** Fires one alert, then others: of these, the expected ones are held back and no more. */
  async function holdsBack(first: Labels, others: readonly Labels[], expected: readonly string[]): Promise<void> {
    await post([first]);
    await post(others);
    await until('all are active', async () => (await active()).length === others.length + 1);
    // What holds others back is known to Alertmanager a moment after it has come.
    await until('as many are held back', async () => (await held()).length >= expected.length).catch(() => undefined);
    expect(await held()).toEqual(expected);
  }

  it('tells in one message what has one severity and one cause, and pages apart from tickets', async () => {
    await post([
      alert('WeirNoProgress', { pipeline: 'billing.deliver' }),
      alert('WeirNoProgress', { pipeline: 'payments.notify' }),
      alert('WeirBillsOverdue'),
      alert('WeirBillsParked'),
      alert('WeirPaymentsParked', { reason: 'KEY_MISMATCH' }),
    ]);
    await until('both have been told', () => messages.length >= 2);
    const told = messages.map(({ path, groupLabels, alerts }) => [path, groupLabels['cause'], alerts.length]);
    expect(told.toSorted()).toEqual([
      ['/page', 'work', 3],
      ['/ticket', 'person', 2],
    ]);
  });

  it('holds back what follows from no process being there, and not what is wrong with money', async () => {
    await holdsBack(
      alert('WeirDown'),
      [
        alert('WeirProcessDown', { instance: 'a' }),
        alert('WeirNoProgress', { pipeline: 'billing.deliver' }),
        alert('WeirJobLate'),
        alert('WeirGaugesSilent'),
        alert('WeirLedgerUnbalanced'),
        alert('WeirScrapeFails', { instance: 'kafka-exporter:9308' }),
      ],
      ['WeirGaugesSilent', 'WeirJobLate', 'WeirNoProgress billing.deliver', 'WeirProcessDown a'],
    );
  });

  it('holds back what follows from a database that is away, and not what is wrong with money or another system', async () => {
    await holdsBack(
      alert('WeirDatabaseAway'),
      [
        alert('WeirNoProgress', { pipeline: 'billing.deliver' }),
        alert('WeirJobLate', { schedule: 'billing.settle' }),
        alert('WeirOutboxLate', { outbox: 'remittance' }),
        alert('WeirGaugesSilent'),
        alert('WeirMoneyUnexplained', { account: 'POOL' }),
        alert('WeirDependencyAway', { dependency: 'bank' }),
      ],
      ['WeirGaugesSilent', 'WeirJobLate', 'WeirNoProgress billing.deliver', 'WeirOutboxLate'],
    );
  });

  it('holds back what follows from a bus that is away, and not what was lost with it', async () => {
    await holdsBack(
      alert('WeirBusAway'),
      [
        alert('WeirNoProgress', { pipeline: 'billing.deliver' }),
        alert('WeirOutboxLate', { outbox: 'remittance' }),
        alert('WeirReadersReplaced', { pipeline: 'payments.notify', instance: 'a' }),
        alert('WeirMessagesLost', { pipeline: 'deposits.stage' }),
        alert('WeirProcessDown', { instance: 'a' }),
      ],
      ['WeirNoProgress billing.deliver', 'WeirOutboxLate', 'WeirReadersReplaced payments.notify'],
    );
  });

  it('holds back that a pipeline stands of which nobody reads a partition, and not that another stands', async () => {
    await holdsBack(
      alert('WeirPartitionUnread', { pipeline: 'billing.deliver' }),
      [alert('WeirNoProgress', { pipeline: 'billing.deliver' }), alert('WeirNoProgress', { pipeline: 'payments.notify' })],
      ['WeirNoProgress billing.deliver'],
    );
  });

  it('holds back what is said of a process that is down, and not of another or of none', async () => {
    // The second process' readers by the page of their own pipeline.
    await holdsBack(
      alert('WeirProcessDown', { instance: 'a' }),
      [
        alert('WeirReadersReplaced', { instance: 'a', pipeline: 'billing.deliver' }),
        alert('WeirProcessRestarts', { instance: 'a' }),
        alert('WeirProcessDown', { instance: 'b' }),
        alert('WeirReadersReplaced', { instance: 'b', pipeline: 'payments.notify' }),
        alert('WeirNoProgress', { pipeline: 'payments.notify' }),
        alert('WeirJobLate', { schedule: 'billing.settle' }),
      ],
      ['WeirProcessRestarts a', 'WeirReadersReplaced billing.deliver', 'WeirReadersReplaced payments.notify'],
    );
  });

  it('holds back what waits for a bank that is away, and not what waits for something else', async () => {
    await holdsBack(
      alert('WeirDependencyAway', { dependency: 'bank' }),
      [
        alert('WeirRemittancesLate', { state: 'WITHDRAWN' }),
        alert('WeirAccountLinksLate'),
        alert('WeirNoProgress', { pipeline: 'remittance.bankCalls' }),
        alert('WeirNoProgress', { pipeline: 'billing.deliver' }),
        alert('WeirRemittancesParked', { reason: 'NO_ANSWER' }),
        alert('WeirMoneyUnexplained', { account: 'POOL' }),
        alert('WeirPaymentsLate', { method: 'card' }),
        alert('WeirDeadLetters', { pipeline: 'remittance.settle' }),
      ],
      ['WeirAccountLinksLate', 'WeirNoProgress remittance.bankCalls', 'WeirRemittancesLate'],
    );
  });

  it('holds back the payments of a gateway that is away, and not those of another', async () => {
    await holdsBack(
      alert('WeirDependencyAway', { dependency: 'card' }),
      [
        alert('WeirPaymentsLate', { method: 'card' }),
        alert('WeirPaymentsLate', { method: 'wallet' }),
        alert('WeirOrdersLate'),
        alert('WeirPaymentsParked', { reason: 'AMOUNT_MISMATCH' }),
      ],
      ['WeirOrdersLate', 'WeirPaymentsLate card'],
    );
  });

  it('holds back a ticket of a pipeline of which there is a page, and the late job of a month that is late', async () => {
    await holdsBack(
      alert('WeirNoProgress', { pipeline: 'billing.deliver', instance: 'a' }),
      [
        alert('WeirDeadLetters', { pipeline: 'billing.deliver' }),
        alert('WeirDeadLetters', { pipeline: 'payments.notify' }),
        alert('WeirBillsOverdue'),
        alert('WeirSettlementLate', { schedule: 'billing.settle' }),
        alert('WeirJobLate', { schedule: 'billing.settle' }),
        alert('WeirJobLate', { schedule: 'deposits.settle' }),
        alert('WeirBillsParked'),
      ],
      ['WeirDeadLetters billing.deliver', 'WeirJobLate'],
    );
  });

  it.each([
    ['WeirJobLate', { schedule: 'billing.dispatch' }, ['WeirBillsUndispatched']],
    ['WeirJobLate', { schedule: 'deposits.settle' }, []],
    ['WeirJobLate', {}, ['WeirBillsUndispatched']],
    ['WeirSettlementLate', { schedule: 'billing.settle' }, ['WeirBillsUndispatched']],
    ['WeirSchedulePaused', { schedule: 'billing.dispatch' }, []],
  ])('holds back bills past their day while their dispatch is late: %s %j', async (name, labels: Labels, expected) => {
    await holdsBack(alert(name, labels), [alert('WeirBillsUndispatched'), alert('WeirBillsOverdue'), alert('WeirBillsParked')], expected);
  });

  it('names in its rules alerts, dependencies and pipelines that there are', () => {
    const names = [...readFileSync(file, 'utf8').matchAll(/alertname=~?"([^"]+)"/g)].flatMap(([, value = '']) => value.split('|'));
    const known = rules().map((rule) => rule.alert);
    expect(names.filter((name) => name !== 'Weir.+' && !known.includes(name))).toEqual([]);
  });
});
