import { randomUUID } from 'node:crypto';
import { emailTopic } from '../../../pipelines/billing/dispatchedBill.ts';
import { deliverGroup } from '../../../pipelines/billing/deliver.pipeline.ts';
import { Reading } from '../../conformance/reading.ts';
import { until } from '../../support/until.ts';
import type { MonthToBill } from './aMonth.ts';

/** Whether the deliveries have been given all messages on the topic of bills, and have settled them. */
export async function areAllSettled({ bus }: MonthToBill): Promise<boolean> {
  return (await bus.oldestUnsettledAt(emailTopic, { group: deliverGroup })) === undefined;
}

/** The bills that the messages on the topic name, read as a group of its own. */
export async function publishedBills({ bus }: MonthToBill): Promise<readonly string[]> {
  const source = bus.subscribe(emailTopic, { group: `look-${randomUUID()}` });
  const reading = new Reading(source);
  await until('all messages are read', async () => (await source.lag?.()) === 0);
  reading.unsubscribe();
  return reading.values.map((value) => (JSON.parse(value) as { readonly billId: string }).billId);
}
