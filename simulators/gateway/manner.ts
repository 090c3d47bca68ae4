import type { HttpAnswer } from '../httpAnswer.ts';
import type { Call } from '../httpFaults.ts';
import type { Asked } from '../httpSimulator.ts';
import type { ChargeStore } from './chargeStore.ts';

/** How one gateway is spoken to: what a request asks of the charges, or why it cannot be understood. Calls are about payment numbers. */
export type Manner = (asked: Asked, charges: ChargeStore) => Call | HttpAnswer;
