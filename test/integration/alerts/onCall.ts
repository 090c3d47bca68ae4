import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { text as textOf } from 'node:stream/consumers';
import { expect } from 'vitest';
import { stringify } from 'yaml';
import { startAlertmanager } from '../../../stack/alertmanager.ts';
import { alertmanagerBinaries } from '../../../stack/alertmanagerBinaries.ts';
import { temporaryFolder } from '../../../stack/folders.ts';
import { startPrometheus } from '../../../stack/prometheus.ts';
import { prometheusBinaries } from '../../../stack/prometheusBinaries.ts';
import { atTheEnd } from '../../support/atTheEnd.ts';
import { hastyAlertmanager } from '../../support/hastyAlertmanager.ts';
import { rules } from '../../support/monitoring.ts';
import { orSkipped } from '../../support/orSkipped.ts';
import { hastyRules } from './hastyRules.ts';
import { patiently } from './patiently.ts';

/** Whether Prometheus and Alertmanager can be had here. */
export const areWatched = (await orSkipped(async () => Promise.all([prometheusBinaries(), alertmanagerBinaries()]))) !== undefined;

type Labels = Readonly<Record<string, string>>;

/** A fault, and the one alert that a person is told of it. */
export interface Fault {
  readonly alert: string;
  /** What tells the alert from others of its name. */
  readonly labels?: Labels;
  /** Alerts that follow from it, as it lasts: each fires too before it is healed, and nobody is told. */
  readonly follows?: readonly string[];
  readonly cause: () => unknown;
  readonly heal: () => unknown;
}

/** Who is woken: a real Prometheus that asks daemons under the shipped rules in a hurry, and a real Alertmanager behind it. */
export interface OnCall {
  /**
   * Causes the fault, waits until its alert fires and is told, and what follows from it is held back; heals, and waits until it fires no
   * more, nor anything that pages. Nobody is paged about anything else from the fault on.
   */
  sees(fault: Fault): Promise<void>;
  /** Asks Prometheus; answers the samples. */
  ask(query: string): Promise<readonly Sample[]>;
}

export interface Sample {
  readonly metric: Labels;
  readonly value: number;
}

/** What is asked, by the name of its job in prometheus.yml: `host:port` of each. */
export type Targets = Readonly<Record<string, readonly string[]>>;

/** Starts both over these targets; closed at the end of the file. Resolves when each has been scraped once. */
export async function onCall(targets: Targets): Promise<OnCall> {
  const told = await aReceiver();
  const alertmanager = await startAlertmanager(hastyAlertmanager(told.url));
  atTheEnd(() => alertmanager.close());
  const prometheus = await startPrometheus(configurationFor(targets, new URL(alertmanager.url).host));
  atTheEnd(() => prometheus.close());

  const get = async (path: string): Promise<unknown> => (await fetch(prometheus.url + path)).json();
  const ask: OnCall['ask'] = async (query) => {
    const answer = (await get(`/api/v1/query?${String(new URLSearchParams({ query }))}`)) as Answer;
    return (answer.data?.result ?? []).map(({ metric, value: [, text] }) => ({ metric, value: Number(text) }));
  };
  const firing = async (): Promise<readonly Labels[]> => {
    const { data } = (await get('/api/v1/alerts')) as AlertsAnswer;
    return data.alerts.filter(({ state }) => state === 'firing').map(({ labels }) => labels);
  };
  const isFiring = async (wanted: Labels): Promise<boolean> => (await firing()).some((labels) => hasAll(labels, wanted));
  const nobodyIsPaged = async (): Promise<boolean> => !(await firing()).some(({ severity }) => severity === 'page');
  const isHeldBack = async (alertname: string): Promise<boolean> => {
    const active = (await (await fetch(`${alertmanager.url}/api/v2/alerts`)).json()) as readonly ActiveAlert[];
    const ofIt = active.filter(({ labels }) => labels['alertname'] === alertname);
    return ofIt.length > 0 && ofIt.every(({ status }) => status.inhibitedBy.length > 0);
  };

  // Alertmanager keeps an emptied group for up to half a minute, and tells at once of what comes into it: the cause may not be there yet.
  const noGroupIsLeft = async (): Promise<boolean> => {
    const metrics = await (await fetch(`${alertmanager.url}/metrics`)).text();
    const [kept] = /(?<=^alertmanager_dispatcher_aggregation_groups )\d+$/m.exec(metrics) ?? [];
    const filled = (await (await fetch(`${alertmanager.url}/api/v2/alerts/groups`)).json()) as readonly unknown[];
    return Number(kept) === filled.length;
  };

  /** Whoever fails says what fired just then, and what was told. */
  const pictured = async (work: () => Promise<void>): Promise<void> => {
    try {
      await work();
    } catch (error) {
      const fires = await firing().catch(() => 'nobody knows what');
      throw new Error(`It fires: ${JSON.stringify(fires)}. Told: ${JSON.stringify(told.alerts())}.`, { cause: error });
    }
  };

  const sees: OnCall['sees'] = async ({ alert, labels = {}, follows = [], cause, heal }) => {
    const wanted = { alertname: alert, ...labels };
    const { severity } = rules().find((rule) => rule.alert === alert)?.labels ?? {};
    await patiently('nothing that pages fires yet', nobodyIsPaged);
    await patiently('nothing that follows fires yet', async () =>
      (await firing()).every((each) => !follows.includes(each['alertname'] ?? '')),
    );
    if (follows.length > 0) await patiently('Alertmanager keeps no emptied group', noGroupIsLeft);
    // What ended an earlier fault may end what came with it a scrape later.
    await patiently(`${alert} does not fire before its fault`, async () => !(await isFiring(wanted)));
    told.forget();
    try {
      await pictured(async () => {
        await cause();
        await patiently(`${alert} fires`, () => isFiring(wanted));
        await patiently(`somebody is told of ${alert}`, () => told.alerts().some((each) => hasAll(each, wanted)));
        for (const name of follows) await patiently(`${name} fires too, and is held back`, () => isHeldBack(name));
      });
    } finally {
      await heal();
    }
    await pictured(async () => {
      await patiently(`${alert} fires no more`, async () => !(await isFiring(wanted)));
      await patiently('nothing that pages fires any more', nobodyIsPaged);
    });
    const names = told.alerts().map((each) => ({ name: each['alertname'] ?? '', isPage: each['severity'] === 'page' }));
    const paged = new Set(names.flatMap(({ name, isPage }) => (isPage ? [name] : [])));
    expect([...paged]).toEqual(severity === 'page' ? [alert] : []);
    expect(names.filter(({ name }) => follows.includes(name))).toEqual([]);
  };

  const all = Object.values(targets).flat().length;
  await patiently('each target has been asked', async () => (await ask('count(up)'))[0]?.value === all);
  return { ask, sees };
}

interface Answer {
  readonly data?: { readonly result: readonly { readonly metric: Labels; readonly value: readonly [number, string] }[] };
}

interface AlertsAnswer {
  readonly data: { readonly alerts: readonly { readonly labels: Labels; readonly state: string }[] };
}

interface ActiveAlert {
  readonly labels: Labels;
  readonly status: { readonly inhibitedBy: readonly string[] };
}

function hasAll(labels: Labels, wanted: Labels): boolean {
  return Object.entries(wanted).every(([name, value]) => labels[name] === value);
}

interface Receiver {
  readonly url: string;
  /** The labels of whatever has been told since `forget`. */
  alerts(): readonly Labels[];
  forget(): void;
}

/** Takes what Alertmanager tells, of whichever severity. */
async function aReceiver(): Promise<Receiver> {
  let alerts: Labels[] = [];
  const server = createServer((request, response) => {
    void textOf(request).then((body) => {
      const message = JSON.parse(body) as { readonly alerts: readonly { readonly labels: Labels; readonly status: string }[] };
      alerts.push(...message.alerts.filter(({ status }) => status === 'firing').map(({ labels }) => labels));
      response.end();
    });
  });
  await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening));
  atTheEnd(() => new Promise((closed) => server.close(closed)));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    alerts: () => alerts,
    forget: () => void (alerts = []),
  };
}

/** The shipped rules in a hurry, over these targets. */
function configurationFor(targets: Targets, alertmanager: string): string {
  const file = join(temporaryFolder('rules'), 'alerts.yml');
  hastyRules(file);
  return stringify({
    // A tenth of the shipped: a scrape waits a second to be told what cannot be asked, and is answered then.
    global: { scrape_interval: '1500ms', scrape_timeout: '1500ms', evaluation_interval: '500ms' },
    rule_files: [file],
    alerting: { alertmanagers: [{ static_configs: [{ targets: [alertmanager] }] }] },
    scrape_configs: Object.entries(targets).map(([job_name, addresses]) => ({ job_name, static_configs: [{ targets: addresses }] })),
  });
}
