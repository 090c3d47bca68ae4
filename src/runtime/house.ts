import type { Bus } from '../connectors/bus.ts';
import type { Chat } from '../connectors/chat.ts';
import type { Database } from '../connectors/database.ts';
import type { HttpClient } from '../connectors/httpClient.ts';
import type { KeyStore } from '../connectors/keyStore.ts';
import type { Address, Mailer } from '../connectors/mailer.ts';
import type { Texter } from '../connectors/texter.ts';
import type { OpenWholeFile } from '../connectors/wholeFile.ts';
import type { Gate } from '../../operators/gate.ts';
import type { Logger } from '../logging/logger.ts';
import type { Clock } from '../message/clock.ts';
import type { KeyRing } from '../message/keyRing.ts';
import type { Count } from '../metrics/catalogue.ts';

/** Services that are asked over HTTP, each with options of its own. */
export const serviceNames = ['card', 'transfer', 'wallet', 'bank'] as const;

export type ServiceName = (typeof serviceNames)[number];

/** Systems whose effects go through a breaker. */
export type GatedSystem = 'smtp' | 'sms' | 'chat' | ServiceName;

/** What the house offers to the systems of the business: the outside behind its ports, and the facts of this process. */
export interface House {
  readonly database: Database;
  readonly bus: Bus;
  readonly keyStore: KeyStore;
  readonly mailer: Mailer;
  readonly openFile: OpenWholeFile;
  /** Undefined where no SMS endpoint is set up. */
  readonly texter: Texter | undefined;
  /** Undefined where no chat is set up. */
  readonly chat: Chat | undefined;
  /** Undefined where it is not set up. */
  readonly service: (name: ServiceName) => HttpClient | undefined;
  /** The secrets with which a service signs what it calls back with; none where that is not taken. */
  readonly webhookSecrets: (name: ServiceName) => readonly string[];
  /** The gate before the effects on an outside system: shut while it is away. */
  readonly gate: (system: GatedSystem) => Gate;
  readonly keyRing: KeyRing;
  readonly clock: Clock;
  readonly log: Logger;
  readonly count: Count;
  /** Sender of mails. */
  readonly sender: Address;
  /** Name of this process among others: holder of leases and claims. */
  readonly instance: string;
  /** Number of this process, 0 to 1,023, for identifiers; different for processes that run at the same time. */
  readonly node: number;
}
