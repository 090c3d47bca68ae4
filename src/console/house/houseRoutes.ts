import type { Route } from '../route.ts';
import type { HousePorts } from './housePorts.ts';
import { listAuditRoute } from './listAuditRoute.ts';
import { logLevelRoute } from './logLevelRoute.ts';
import { pauseRoute, resumeRoute } from './pauseRoutes.ts';
import { runJobRoute } from './runJobRoute.ts';

/** What operators may ask and do of the house itself, whatever the business. */
export const houseRoutes: readonly Route<HousePorts>[] = [pauseRoute, resumeRoute, runJobRoute, logLevelRoute, listAuditRoute];
