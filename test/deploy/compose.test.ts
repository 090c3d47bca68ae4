import { execFileSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, readdirSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { z } from 'zod';
import { loadOptions } from '../../config/load.ts';
import { systems } from '../../pipelines/index.ts';
import { joinedSchema, optionsOf, type Options } from '../../src/commandLine/joinedOptions.ts';
import { topicConfigs, type TopicConfig } from '../../src/connectors/kafka/topicConfig.ts';

interface Service {
  readonly image: string;
  readonly command?: readonly string[];
  readonly environment?: Readonly<Record<string, string>>;
  readonly depends_on?: Readonly<Record<string, { readonly condition: string }>>;
  readonly healthcheck?: object;
  readonly secrets?: readonly string[];
  readonly volumes?: readonly string[];
  readonly ports?: readonly string[];
  readonly stop_grace_period?: string;
  readonly deploy?: { readonly replicas?: number };
}

interface Compose {
  readonly services: Readonly<Record<string, Service>>;
  readonly secrets: Readonly<Record<string, { readonly file: string }>>;
  readonly volumes: Readonly<Record<string, unknown>>;
}

const root = join(import.meta.dirname, '..', '..');
const file = readFileSync(join(root, 'docker-compose.yml'), 'utf8');
const compose = parse(file, { merge: true }) as Compose;
const services = Object.entries(compose.services);
const kafka = compose.services['kafka']?.environment ?? {};
const specification = z.fromJSONSchema(
  JSON.parse(readFileSync(join(import.meta.dirname, 'composeSpec.json'), 'utf8')) as z.core.JSONSchema.JSONSchema,
);

/** PostgreSQL has versions of two numbers, everything else of three. */
const exactTag = /^(?:postgres:\d+\.\d+|[\w./-]+:v?\d+\.\d+\.\d+)(?:-[\w.]+)?$/;

const place = mkdtempSync(join(tmpdir(), 'weir-secrets-'));
const folder = join(place, 'secrets');
afterAll(() => rmSync(place, { recursive: true }));

/** The options of a service, as Weir reads them where nothing else is given. */
function optionsOfService(name: string): Options {
  makeSecrets();
  const given = Object.entries(compose.services[name]?.environment ?? {});
  const text = (value: string): string => value.replace(/^\/run\/secrets/, folder).replaceAll(/\$\{\w+:-([^}]*)\}/g, '$1');
  const environment = Object.fromEntries(given.map(([variable, value]) => [variable, text(value)]));
  return optionsOf(loadOptions(joinedSchema(systems), { files: [], environment, set: [] }).values);
}

/** How long a topic keeps what nobody has read, where that ends. */
function retentionMs({ configEntries = [] }: TopicConfig): readonly number[] {
  return configEntries.filter(({ name, value }) => name === 'retention.ms' && value !== '-1').map(({ value }) => Number(value));
}

/** What of a service is a password, a token or a key that stands in the file itself. */
function inClear(service: Partial<Service>): readonly string[] {
  const named = Object.entries(service.environment ?? {}).filter(([name]) => /PASS|SECRET|TOKEN|KEY|CREDENTIAL/.test(name));
  const open = named.filter(([name, value]) => !name.endsWith('_FILE') && !/^\$\{\w+:\?/.test(value)).map(([name]) => name);
  const elsewhere = JSON.stringify(service).match(/\w+:\/\/[^\s"/@]*:[^\s"/@]+@|--requirepass|--password/g) ?? [];
  return [...open, ...elsewhere];
}

function makeSecrets(): Readonly<Record<string, string>> {
  execFileSync(process.execPath, [join(root, 'bin/makeSecrets.js'), folder]);
  return Object.fromEntries(readdirSync(folder).map((name) => [name, readFileSync(join(folder, name), 'utf8')]));
}

describe('docker-compose.yml', () => {
  it('is as the Compose Specification says', () => {
    expect(specification.safeParse(compose).error).toBeUndefined();
    const misspelt = { ...compose, services: { weir: { image: 'weir', heathcheck: {} } } };
    expect(specification.safeParse(misspelt).success).toBe(false);
  });

  it.each(['weir', 'migrate'])('gives %s options that there are, and every one that it needs', (name) => {
    const { bus, kafka: client } = optionsOfService(name).process;
    expect(bus.kind).toBe('kafka');
    // The broker is known to its clients by the address that it tells them.
    expect(kafka['KAFKA_ADVERTISED_LISTENERS']).toBe(`CLIENTS://${client.brokers}`);
    expect(client.requireTls).toBe(!(kafka['KAFKA_LISTENER_SECURITY_PROTOCOL_MAP'] ?? '').includes('CLIENTS:PLAINTEXT'));
  });

  it('gives the daemons more time to stop than they take', () => {
    const { runtime } = optionsOfService('weir').process;
    const graceMs = Number.parseInt(compose.services['weir']?.stop_grace_period ?? '', 10) * 1_000;
    expect(graceMs).toBeGreaterThan(runtime.stopGraceMs + runtime.stopTimeoutMs);
  });

  it('runs as many daemons as have a partition each and a port each', () => {
    const { deploy, ports = [] } = compose.services['weir'] ?? {};
    const [, first, last] = /^127\.0\.0\.1:(\d+)-(\d+):9464$/.exec(ports[0] ?? '') ?? [];
    expect(deploy?.replicas).toBeGreaterThan(1);
    expect(deploy?.replicas).toBeLessThanOrEqual(Number(last) - Number(first) + 1);
    expect(deploy?.replicas).toBeLessThanOrEqual(Math.max(...systems.topics.map(({ partitions }) => partitions)));
  });

  it('runs the version of Kafka that is tested, with settings under which our topics can be made and none comes by itself', () => {
    const version = /<kafka\.version>(.+)<\/kafka\.version>/.exec(readFileSync(join(root, 'tools/kafka/pom.xml'), 'utf8'))?.[1];
    expect(compose.services['kafka']?.image).toBe(`apache/kafka:${version ?? 'none'}`);
    expect(kafka['KAFKA_AUTO_CREATE_TOPICS_ENABLE']).toBe('false');
    expect(kafka['CLUSTER_ID']).toMatch(/^[\w-]{22}$/);
    const brokers = 1;
    const { replicas } = optionsOfService('migrate').process.kafka;
    const copies = Object.entries(kafka).filter(([name]) => /REPLICATION_FACTOR$|MIN_ISR$/.test(name));
    expect(replicas).toBeLessThanOrEqual(brokers);
    expect(copies.filter(([, count]) => Number(count) > brokers)).toEqual([]);
    const shortestMs = Math.min(...topicConfigs(systems.topics, replicas).flatMap(retentionMs));
    expect(Number(kafka['KAFKA_OFFSETS_RETENTION_MINUTES']) * 60_000).toBeGreaterThan(shortestMs);
  });

  it('starts a service after services that there are, and waits for health only where it is looked at', () => {
    const waits = services.flatMap(([, { depends_on: before = {} }]) => Object.entries(before));
    expect(waits.filter(([name]) => !(name in compose.services))).toEqual([]);
    const healthy = waits.filter(([, { condition }]) => condition === 'service_healthy').map(([name]) => name);
    expect(healthy.filter((name) => compose.services[name]?.healthcheck === undefined)).toEqual([]);
    expect(compose.services['weir']?.depends_on).toHaveProperty('migrate.condition', 'service_completed_successfully');
    const needed = Object.keys(compose.services['migrate']?.depends_on ?? {});
    expect(needed.sort()).toEqual(['kafka', 'postgres', 'redis']);
  });

  it('runs what Prometheus scrapes and tells, and what Grafana asks', () => {
    const monitored = ['config/prometheus/prometheus.yml', 'grafana/provisioning/datasources/prometheus.yml'];
    const text = monitored.map((file) => readFileSync(join(root, file), 'utf8')).join('\n');
    const named = [...text.matchAll(/(?:targets: \[|names: \[|http:\/\/)([a-z-]+)/g)].map(([, name = '']) => name);
    expect(named.length).toBeGreaterThan(3);
    expect(named.filter((name) => name !== 'localhost' && !(name in compose.services))).toEqual([]);
  });

  it('holds no password', () => {
    expect(services.flatMap(([, service]) => inClear(service))).toEqual([]);
  });

  it.each<Partial<Service>>([
    { environment: { POSTGRES_PASSWORD: 'hunter2' } },
    { environment: { GF_SECURITY_ADMIN_PASSWORD: '${GRAFANA_PASSWORD:-admin}' } },
    { environment: { WEIR_REDIS_URL: 'redis://:hunter2@redis:6379' } },
    { command: ['redis-server', '--requirepass', 'hunter2'] },
  ])('would be seen to hold one: %j', (service) => {
    expect(inClear(service)).toHaveLength(1);
  });

  it('opens ports on this machine alone', () => {
    const ports = services.flatMap(([, { ports: opened = [] }]) => opened);
    expect(ports).not.toEqual([]);
    expect(ports.filter((port) => !port.startsWith('127.0.0.1:'))).toEqual([]);
  });

  it('names a version of every image that it does not build', () => {
    const open = services.filter(([, { image }]) => image !== 'weir' && !exactTag.test(image));
    expect(open.map(([name]) => name)).toEqual([]);
  });

  it('mounts what is there: files of this folder, and volumes that it declares', () => {
    const sources = services.flatMap(([, { volumes = [] }]) => volumes.map((volume) => volume.split(':')[0] ?? ''));
    const missing = sources.filter((source) => !(source.startsWith('./') ? existsSync(join(root, source)) : source in compose.volumes));
    expect(missing).toEqual([]);
  });

  it('takes its secrets from files that makeSecrets makes, each where a service is given it', () => {
    const made = makeSecrets();
    const files = Object.values(compose.secrets).map(({ file }) => basename(file));
    expect(files.filter((name) => !(name in made))).toEqual([]);
    const given = new Set(services.flatMap(([, { secrets = [] }]) => secrets));
    expect([...given].sort()).toEqual(Object.keys(compose.secrets).sort());
    const read = JSON.stringify(compose.services).matchAll(/\/run\/secrets\/(\w+)/g);
    expect([...read].map(([, name = '']) => name).filter((name) => !given.has(name))).toEqual([]);
  });
});

describe('makeSecrets', () => {
  it('keeps the secrets that are there, and everyone else out', () => {
    const first = makeSecrets();
    expect(makeSecrets()).toEqual(first);
    expect(first['database_url']).toContain(`:${first['postgres_password'] ?? ''}@`);
    expect(first['redis_configuration']).toBe(`requirepass ${first['redis_password'] ?? ''}\n`);
    expect(statSync(folder).mode & 0o077).toBe(0);
  });
});
