import { openChat } from '../connectors/http/openChat.ts';
import { openWholeFile } from '../connectors/disk/openWholeFile.ts';
import { openHttpClient } from '../connectors/http/openHttpClient.ts';
import { openTexter } from '../connectors/http/openTexter.ts';
import { openDatabase, type PostgresDatabase } from '../connectors/postgres/openDatabase.ts';
import { openKeyStore } from '../connectors/redis/openKeyStore.ts';
import { openMailer } from '../connectors/smtp/openMailer.ts';
import type { Dependency } from '../console/adminServer.ts';
import { framesField } from '../errors.ts';
import type { Logger } from '../logging/logger.ts';
import type { Clock } from '../message/clock.ts';
import { parseKeyRing } from '../message/keyRing.ts';
import { breaker, type Breaker, type BreakerLimits } from '../runtime/breaker.ts';
import { serviceNames, type GatedSystem, type House, type ServiceName } from '../runtime/house.ts';
import type { HttpClient } from '../connectors/httpClient.ts';
import { instanceOf } from './instanceOf.ts';
import { openBus, redisOrigin } from './openBus.ts';
import type { ProcessOptions } from './joinedOptions.ts';

/** How long the probe of a breaker may take: servers that let a client wait for their greeting are there too. */
const probeLimitMs = 20_000;

/** Where the database's address is set, for sentences about what is not reached there. */
export const databaseOrigin = 'database.url (WEIR_DATABASE_URL)';

/** What a house stands on, and its end. */
export interface Outside extends Pick<House, 'bus' | 'keyStore' | 'mailer' | 'texter' | 'chat' | 'service'> {
  readonly dependencies: readonly Dependency[];
  /** Ends every connection, in the order in which they are needed. */
  close(): Promise<void>;
}

/** A house, what it stands on, and its end. */
export interface OpenHouse extends Pick<Outside, 'dependencies' | 'close'> {
  readonly house: House;
  readonly breakers: readonly Breaker[];
}

/** Opens the database alone, for commands that need nothing else. */
export function openDatabaseOf({ database }: ProcessOptions, clock: Clock, log: Logger): PostgresDatabase {
  return openDatabase({
    url: database.url,
    origin: databaseOrigin,
    clock,
    maxConnections: database.maxConnections,
    connectLimitMs: database.connectTimeoutMs,
    statementLimitMs: database.statementTimeoutMs,
    answerLimitMs: database.statementTimeoutMs + 5_000,
    // Everything was awaited by then: whoever still holds a connection has been given up.
    closeLimitMs: 1_000,
    onConnectionLost: (error) =>
      log.warn('connection to the database lost', { code: error.code, error: error.message, ...framesField(error) }),
  });
}

/** Opens everything that pipelines and jobs need. The database answers already and has its schema. */
export async function openHouse(
  options: ProcessOptions,
  database: PostgresDatabase,
  { clock, log, count }: Pick<House, 'clock' | 'log' | 'count'>,
): Promise<OpenHouse> {
  const keyRing = parseKeyRing(options.keys.ring);
  const [row] = await database.query<{ node: bigint }>(`SELECT nextval('weir.instance_node') AS node`);
  const { bus, keyStore, mailer, texter, chat, service, dependencies, ...outside } = openOutside(options, database, clock, log);
  const probes = new Map(dependencies.map(({ name, reach }) => [name, () => isThere(reach(probeLimitMs))]));
  const breakers = breakersOf(limitsOf(options), probes, { clock, log });
  const { from, fromName } = options.smtp;
  const services = serviceOptions(options);
  const house: House = {
    database,
    bus,
    keyStore,
    mailer,
    openFile: openWholeFile,
    texter,
    chat,
    service,
    webhookSecrets: (name) => services[name].webhookSecrets.split(',').filter((secret) => secret !== ''),
    gate: (system) => breakers[system],
    keyRing,
    clock,
    log,
    count,
    instance: instanceOf(options),
    node: Number(row?.node ?? 0n),
    sender: { address: from, name: fromName },
  };
  const close = async (): Promise<void> => {
    for (const each of Object.values(breakers)) each.stop();
    await outside.close();
  };
  return { house, breakers: Object.values(breakers), dependencies, close };
}

function isThere(reached: Promise<void>): Promise<boolean> {
  return reached.then(
    () => true,
    () => false,
  );
}

function limitsOf({ breakers: { probeFirstMs, probeMaxMs, ...limits } }: ProcessOptions): BreakerLimits {
  return { ...limits, probing: { firstMs: probeFirstMs, maxMs: probeMaxMs } };
}

/** A breaker for each gated system, asked as the dependency of that name is. What has no probe is tried by a message. */
function breakersOf(
  limits: BreakerLimits,
  probes: ReadonlyMap<string, () => Promise<boolean>>,
  facts: Pick<House, 'clock' | 'log'>,
): Readonly<Record<GatedSystem, Breaker>> {
  const of = (name: GatedSystem): Breaker => {
    const probe = probes.get(name);
    return breaker({ ...limits, ...facts, name, ...(probe === undefined ? {} : { probe }) });
  };
  return {
    ...{ smtp: of('smtp'), sms: of('sms'), chat: of('chat') },
    ...{ card: of('card'), transfer: of('transfer'), wallet: of('wallet'), bank: of('bank') },
  };
}

/** The bus, the mail server, the SMS endpoint, the chat and the services beside an open database; nothing is connected to before it is used. `close` closes them all. */
export function openOutside(options: ProcessOptions, database: PostgresDatabase, clock: Clock, log: Logger): Outside {
  const { url, requireTls, maxConnections } = options.smtp;
  const bus = openBus(options, clock, log);
  const keyStore = openKeyStore({
    ...{ url: options.redis.url, origin: redisOrigin, clock },
    ...{ name: `weir-${instanceOf(options)}-keys`, timeLimitMs: options.redis.timeLimitMs },
  });
  const mailer = openMailer({ url, clock, requireTls, maxConnections });
  const texter = options.sms.url === '' ? undefined : openTexter({ ...options.sms, clock });
  const chat = options.chat.url === '' ? undefined : openChat({ ...options.chat, clock });
  const services = servicesOf(options, clock);
  const dependencies = [
    { name: 'postgres', reach: (limitMs: number) => database.reach(limitMs) },
    { name: 'redis', reach: (limitMs: number) => keyStore.reach(limitMs) },
    ...(options.bus.kind === 'kafka' ? [{ name: 'kafka', reach: (limitMs: number) => bus.reach(limitMs) }] : []),
    { name: 'smtp', reach: (limitMs: number) => mailer.reach(limitMs) },
    ...(texter === undefined ? [] : [{ name: 'sms', reach: (limitMs: number) => texter.reach(limitMs) }]),
    ...(chat === undefined ? [] : [{ name: 'chat', reach: (limitMs: number) => chat.reach(limitMs) }]),
    ...[...services].map(([name, client]) => ({ name, reach: (limitMs: number) => client.reach(limitMs) })),
  ];
  const close = async (): Promise<void> => {
    await bus.close();
    await keyStore.close();
    await mailer.close();
    await database.close();
  };
  return { bus, keyStore, mailer, texter, chat, service: (name) => services.get(name), dependencies, close };
}

/** The services that are set up. */
function servicesOf(options: ProcessOptions, clock: Clock): ReadonlyMap<ServiceName, HttpClient> {
  const services = serviceOptions(options);
  const open = (name: ServiceName): HttpClient =>
    openHttpClient({ ...services[name], service: name === 'bank' ? 'The bank' : `The ${name} gateway`, clock });
  return new Map(serviceNames.filter((name) => services[name].url !== '').map((name) => [name, open(name)]));
}

function serviceOptions({ gateways, bank }: ProcessOptions): Readonly<Record<ServiceName, ProcessOptions['bank']>> {
  return { ...gateways, bank };
}
