import type { House } from '../../src/runtime/house.ts';
import type { System } from '../../src/system.ts';
import { checkStore } from './checkStore.ts';
import { depositGauges } from './depositGauges.ts';
import { deskStore } from './deskStore.ts';
import { ledgerStore } from './ledgerStore.ts';
import {
  asideDepositsRoute,
  checkDepositsRoute,
  depositsGroup,
  rebuildDepositsRoute,
  showDepositRoute,
  type DepositDeskPorts,
} from './operate.routes.ts';
import { owedStore } from './owedStore.ts';
import { projectionStore } from './projectionStore.ts';
import { rebuild, type RebuildPorts } from './rebuild.job.ts';
import { settleSchedule } from './schedules.ts';
import { settle, type SettlePorts } from './settle.job.ts';
import { settleStore } from './settleStore.ts';
import { filledTopic } from './filledTopic.ts';
import { stage, type StagePorts } from './stage.pipeline.ts';
import { stagedStore } from './stagedStore.ts';
import { stagedTaker } from './takeStagedStore.ts';

/** The ports of its pipelines, jobs and routes. */
export type DepositsPorts = StagePorts & SettlePorts & RebuildPorts & DepositDeskPorts;

/** What customers have for overseas trades, two business days later. */
export const deposits: System<DepositsPorts> = {
  topics: [filledTopic],
  pipelines: [stage],
  jobs: [settle, rebuild],
  schedules: [settleSchedule],
  outboxes: [],
  gauges: depositGauges,
  routes: [showDepositRoute, checkDepositsRoute, asideDepositsRoute, rebuildDepositsRoute],
  groups: { deposits: depositsGroup },
  apiRoutes: [],
  encrypted: [],
  openPorts,
};

function openPorts({ database, bus, keyStore, clock }: House): DepositsPorts {
  const now = (): Date => clock.now();
  const takeStaged = stagedTaker(now);
  return {
    bus,
    clock,
    ledger: ledgerStore(database, { takeStaged, now }),
    balances: settleStore(database, { takeStaged, now }),
    projections: projectionStore(database, keyStore, takeStaged),
    owed: owedStore(database, keyStore),
    staged: stagedStore(keyStore),
    depositDesk: deskStore(database, keyStore),
    depositChecks: checkStore(database, keyStore, clock),
  };
}
