import { expect } from 'vitest';
import type { Inbox } from '../../../simulators/inbox.ts';
import type { Topic } from '../../../src/connectors/bus.ts';
import type { Strike, TcpProxy } from '../../support/tcpProxy.ts';
import type { WeirProcess } from '../../support/weirProcess.ts';
import type { MonthToBill } from './aMonth.ts';
import type { Broker } from './brokers.ts';
import { through } from './through.ts';

/** What a process that is to die says to others passes here. */
export interface Wire {
  readonly database: TcpProxy;
  readonly broker: Broker;
  readonly inbox: Inbox;
  /** Kills the process. */
  readonly kill: () => void;
}

/** Plans the moment at which a process is killed. */
export type Moment = (wire: Wire) => void;

/** At the nth request to the database that contains a marker. */
export const onDatabase =
  (marker: string, how: Strike, nth = 1): Moment =>
  ({ database, kill }) =>
    void database.strike(marker, how, { nth, call: kill });

/** At the COMMIT of the nth transaction that contains a marker. */
export const atCommit =
  (marker: string, how: Strike, nth = 1): Moment =>
  ({ database, kill }) => {
    void database.strike(marker, 'pass', { nth, call: () => void database.strike('COMMIT', how, { call: kill }) });
  };

/** When it publishes for the nth time. */
export const atPublishing =
  (topic: Topic, how: Strike, nth = 1): Moment =>
  ({ broker, kill }) =>
    void broker.proxy.strike(broker.published(topic), how, { nth, call: kill });

/** When it settles for the nth time, as a member of a group. */
export const atSettling =
  (topic: Topic, group: string, how: Strike, nth = 1): Moment =>
  ({ broker, kill }) =>
    void broker.proxy.strike(broker.settled(topic, group), how, { nth, call: kill });

/** When it puts its first message of a topic aside. */
export const atDeadLetter =
  (topic: Topic, how: Strike): Moment =>
  ({ broker, kill }) =>
    void broker.proxy.strike(broker.putAside(topic), how, { call: kill });

/** Starts a process behind proxies, and waits until something outside of it kills it. */
export async function killed(
  { environment, inbox }: MonthToBill,
  broker: Broker,
  start: (environment: Readonly<Record<string, string>>) => WeirProcess,
  moment: Moment,
): Promise<void> {
  const database = await through(environment['WEIR_DATABASE_URL']);
  const weir = start({ ...environment, WEIR_DATABASE_URL: database.url, ...broker.proxied });
  moment({ database: database.proxy, broker, inbox, kill: () => weir.signal('SIGKILL') });
  expect(await weir.ended, weir.errors()).toEqual({ code: null, signal: 'SIGKILL' });
}
