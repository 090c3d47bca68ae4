import type { Route } from '../route.ts';
import { discardRoute, replayRoute } from './actOnLetters.ts';
import type { HousePorts } from './housePorts.ts';
import { listLettersRoute } from './listLetters.ts';
import { listAuditRoute } from './listAuditRoute.ts';
import { logLevelRoute } from './logLevelRoute.ts';
import { pauseRoute, resumeRoute } from './pauseRoutes.ts';
import { replayProgressRoute } from './replayProgress.ts';
import { runJobRoute } from './runJobRoute.ts';
import { showLetterRoute } from './showLetter.ts';

/** What operators may ask and do of the house itself, whatever the business. */
export const houseRoutes: readonly Route<HousePorts>[] = [
  pauseRoute,
  resumeRoute,
  runJobRoute,
  listLettersRoute,
  showLetterRoute,
  replayRoute,
  replayProgressRoute,
  discardRoute,
  logLevelRoute,
  listAuditRoute,
];
