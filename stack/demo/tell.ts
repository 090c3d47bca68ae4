import { seoulMinute } from '../../pipelines/shared/seoulTime.ts';
import type { BillsByStatus } from './books.ts';

/** A heading of the demo. */
export function say(sentence: string): void {
  console.log(`\n\u001b[1m${sentence}\u001b[0m`);
}

const columns = ['to be sent', 'sent', 'waiting', 'refused', 'unknown'] as const;

/** The head of the lines that `tellMoment` prints. */
export function tellMoments(): void {
  console.log(`${'Seoul'.padEnd(18)}${columns.map((column) => column.padStart(12)).join('')}    fired`);
}

/** One line a moment: where the bills are when everything that it set going has come to rest. */
export function tellMoment(now: Date, bills: BillsByStatus, fired: readonly string[]): void {
  const of = (...states: readonly string[]): number => states.reduce((sum, state) => sum + (bills.get(state) ?? 0), 0);
  const counts = [of('CREATED', 'SEND_PENDING', 'SENDING'), of('COMPLETED'), of('waiting'), of('FAILED'), of('parked')];
  const cells = counts.map((count) => count.toLocaleString('en-US').padStart(12));
  console.log(`${seoulMinute(now).replace('T', ' ').padEnd(18)}${cells.join('')}    ${fired.join(', ')}`);
}
