import type { Route, RouteGroups } from '../route.ts';
import { discardRoute, replayRoute } from './actOnLetters.ts';
import type { HousePorts } from './housePorts.ts';
import { listLettersRoute } from './listLetters.ts';
import { listAuditRoute } from './listAuditRoute.ts';
import { listPipelinesRoute } from './listPipelinesRoute.ts';
import { logLevelRoute } from './logLevelRoute.ts';
import { pauseRoute, resumeRoute } from './pauseRoutes.ts';
import { replayProgressRoute } from './replayProgress.ts';
import { runJobRoute } from './runJobRoute.ts';
import { overviewRoute } from './overviewRoute.ts';
import { listRunsRoute, showRunRoute, stopRunRoute } from './runRoutes.ts';
import { listSchedulesRoute, pauseScheduleRoute, resumeScheduleRoute } from './scheduleRoutes.ts';
import { showLetterRoute } from './showLetter.ts';
import { showPipelineRoute } from './showPipelineRoute.ts';

/** What the groups of these routes are about, for the help of the command line; pipelines and jobs have commands of their own. */
export const houseGroups: RouteGroups = {
  overview: 'how everything stands',
  'dead-letters': 'messages that were put aside: look at them, publish them again, be done with them',
  log: 'what a running daemon logs',
  audit: 'what operators did, and why',
};

/** What operators may ask and do of the house itself, whatever the business. */
export const houseRoutes: readonly Route<HousePorts>[] = [
  overviewRoute,
  listPipelinesRoute,
  showPipelineRoute,
  pauseRoute,
  resumeRoute,
  listRunsRoute,
  showRunRoute,
  runJobRoute,
  stopRunRoute,
  listSchedulesRoute,
  pauseScheduleRoute,
  resumeScheduleRoute,
  listLettersRoute,
  showLetterRoute,
  replayRoute,
  replayProgressRoute,
  discardRoute,
  logLevelRoute,
  listAuditRoute,
];
