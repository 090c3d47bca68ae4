import type { Topic } from '../../connectors/bus.ts';
import { Outage } from '../../connectors/outage.ts';
import type { Sink } from '../../connectors/sink.ts';
import { framesField, mayPass, textOf, WeirError } from '../../errors.ts';
import { backOffMs } from '../../message/backOff.ts';
import { pause } from '../../message/pause.ts';
import { WakeUp } from '../jobs/wakeUp.ts';
import { unlessStopped } from '../unlessStopped.ts';
import { filledLanes } from './laneStore.ts';
import { relayLane } from './relayLane.ts';
import type { RelaysSpec } from './runRelays.ts';

const failing = { firstMs: 200, maxMs: 10_000 };

/** How long a broker that failed is asked whether it is there, before a transaction is opened for it again, in milliseconds. */
const reachLimitMs = 2_000;

/**
 * Publishes the messages of one topic of an outbox, a chunk of a lane at a time, until there are none; then waits until it is woken.
 * What fails is tried again with back-off, for ever: a message that the broker refuses for good holds up its own lane, and its age is
 * an alert.
 */
export class Relay {
  readonly schema: string;
  readonly #topic: Topic;
  readonly #spec: RelaysSpec;
  readonly #sink: Sink;
  readonly #outage: Outage;
  readonly #wakeUp: WakeUp;

  constructor(schema: string, topic: Topic, spec: RelaysSpec) {
    const { bus, clock, log, meter, pollMs } = spec;
    this.schema = schema;
    this.#topic = topic;
    this.#spec = spec;
    this.#sink = bus.publish(topic);
    this.#wakeUp = new WakeUp(clock, pollMs);
    const fields = { key: schema, partition: topic.name };
    const sentence = 'outbox cannot be published for now: its messages wait';
    this.#outage = new Outage(clock, {
      failed: (error) => {
        const told = { ...fields, code: error.code, error: error.message, ...framesField(error) };
        if (mayPass(error)) log.warn(sentence, told);
        else log.error(sentence, told);
      },
      recovered: (awayMs) => log.info('outbox is published again', { ...fields, awayMs: Math.round(awayMs) }),
    });
    meter.published(schema, topic.name, 0);
    meter.failed(schema, topic.name, 0);
  }

  wake(): void {
    this.#wakeUp.wake();
  }

  /** Resolves once it is drained; never rejects. */
  async run(): Promise<void> {
    const { clock, draining } = this.#spec;
    const wake = (): void => this.wake();
    draining.addEventListener('abort', wake, { once: true });
    for (let failures = 0; !draining.aborted;) {
      try {
        // A chunk that is under way at a stop is given up after a moment: another process publishes it again.
        const isMore = await unlessStopped(clock, draining, this.#round(failures > 0));
        failures = 0;
        if (isMore !== true) await this.#wakeUp.wait();
      } catch (error) {
        failures += 1;
        this.#tellFailure(error);
        await pause(clock, backOffMs(failing, failures, clock), draining);
      }
    }
    draining.removeEventListener('abort', wake);
  }

  /** Gives every lane that holds rows a turn. Answers whether one holds more. */
  async #round(hasFailed: boolean): Promise<boolean> {
    const { bus, clock, database, draining } = this.#spec;
    const lanes = await filledLanes(database, this.schema, this.#topic.name, clock.now());
    // Whoever waits for a broker that is away holds no connection to the database.
    if (hasFailed) await bus.reach(reachLimitMs);
    let [isMore, isShared] = [false, false];
    let refusal: WeirError | undefined;
    for (const lane of lanes) {
      if (draining.aborted) return false;
      try {
        const { isOurs, published, isEmpty } = await relayLane(database, this.#sink, lane, clock.now());
        this.#spec.meter.published(this.schema, this.#topic.name, published);
        isShared ||= !isOurs;
        isMore ||= isOurs && !isEmpty;
      } catch (error) {
        if (!(error instanceof WeirError) || error.kind !== 'permanent') throw error;
        refusal ??= error;
      }
    }
    if (refusal !== undefined) throw refusal;
    if (!isShared) this.#outage.worked(this.#topic.name);
    return isMore;
  }

  #tellFailure(error: unknown): void {
    this.#spec.meter.failed(this.schema, this.#topic.name, 1);
    const told = error instanceof WeirError ? error : new WeirError('defect', textOf(error), { cause: error });
    this.#outage.failed(this.#topic.name, told);
  }
}
