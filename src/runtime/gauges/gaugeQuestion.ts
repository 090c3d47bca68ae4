import type { Statement } from '../../connectors/database.ts';
import type { BusinessGauge, LabelOf } from '../../metrics/catalogue.ts';

/**
 * Gauges of a system, and the one statement that tells what they stand at: processes of its profile ask it at every scrape. They stand in
 * `systems.gauges`, and their metrics in the catalogue, with exactly these labels.
 *
 * - The statement's columns are named after the labels and the metrics: `SELECT method, count(*) AS weir_payments_waiting …`.
 * - A set of label values that no row tells of is 0, so that every series is there from the first scrape on. A value that is not in its
 *   list is told as `other`, those of several such rows added up: a label never has a value that nobody has listed.
 * - Its text is the same each time: it is prepared under the name of the first metric. No metric is told by two questions.
 * - It is cheap however much there is: found by an index, counts bounded by `mostCounted`. The server ends it after half a second.
 * - Nothing is told of what the database did not answer within the scrape's second; so alerts look back for some minutes.
 */
export interface GaugeQuestion {
  readonly profile: string;
  readonly metrics: readonly BusinessGauge[];
  /** The values that each label may have. */
  readonly labels: Readonly<Record<string, readonly string[]>>;
  /** As of a time of the calendar, which comes as a parameter. */
  readonly statement: (now: Date) => Statement;
  /** Of which of them the console says that a person should look, where they are not 0. */
  readonly attention?: Readonly<Partial<Record<BusinessGauge, GaugeAttention>>>;
}

/** How the console speaks of a gauge that is not 0. */
export interface GaugeAttention {
  readonly level: 'page' | 'ticket';
  /** Where on the page it is seen: `#/payments`. */
  readonly view: string;
  /** Before the number: `Payments that wait for a person`. */
  readonly says: string;
  /** Only the series with these label values. */
  readonly only?: Readonly<Record<string, string>>;
  /** Only while this metric beside it is above a limit: that of the alert that calls somebody, where a gauge tells of it earlier. */
  readonly above?: { readonly metric: BusinessGauge; readonly limit: number };
  /** How far it is counted: from there on the number is told with `or more`. */
  readonly upTo?: number;
}

/** Rows that a gauge counts at most: it is asked every few seconds, also after a bad night. */
export const mostCounted = 100_000;

/** What tells the label values that have no row of their own. */
export const otherLabel = 'other';

/** Declares gauges; their labels are those of the catalogue. */
export function defineGauges<N extends BusinessGauge>(question: {
  readonly profile: string;
  readonly metrics: readonly N[];
  readonly labels: Readonly<Record<LabelOf<N>, readonly string[]>>;
  readonly statement: (now: Date) => Statement;
  readonly attention?: Readonly<Partial<Record<N, GaugeAttention>>>;
}): GaugeQuestion {
  return question;
}
