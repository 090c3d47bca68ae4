import type { Topic } from '../../connectors/bus.ts';
import { Outage } from '../../connectors/outage.ts';
import type { Sink } from '../../connectors/sink.ts';
import { codeOf, framesField, kindOf, mayPass, textOf, WeirError } from '../../errors.ts';
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

/** A lane that failed: left alone for a while. */
interface Rest {
  readonly failures: number;
  /** Elapsed time. */
  readonly untilMs: number;
}

/**
 * Publishes the messages of one topic of an outbox, a chunk of a lane at a time, until there are none; then waits until it is woken.
 * What fails is tried again with back-off, for ever: a message that cannot be published holds up its own lane and no other, and its age
 * is an alert. While the broker is away the topic waits.
 */
export class Relay {
  readonly schema: string;
  readonly #topic: Topic;
  readonly #spec: RelaysSpec;
  readonly #sink: Sink;
  readonly #outage: Outage;
  readonly #wakeUp: WakeUp;
  readonly #resting = new Map<number, Rest>();

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
        if (isMore !== true) await this.#wait();
      } catch (error) {
        failures += 1;
        this.#tellFailure(error);
        await pause(clock, backOffMs(failing, failures, clock), draining);
      }
    }
    draining.removeEventListener('abort', wake);
  }

  /** Waits until there may be something to do: also for a lane that has rested. */
  async #wait(): Promise<void> {
    const { clock } = this.#spec;
    const [first] = [...this.#resting.values()].map(({ untilMs }) => untilMs).toSorted((left, right) => left - right);
    const cancel = first === undefined ? undefined : clock.after(Math.max(0, first - clock.elapsedMs()), () => this.wake());
    await this.#wakeUp.wait();
    cancel?.();
  }

  /** Gives every lane that holds rows, and does not rest, a turn. Answers whether one holds more. */
  async #round(hasFailed: boolean): Promise<boolean> {
    const { bus, clock, database, draining } = this.#spec;
    const lanes = await filledLanes(database, this.schema, this.#topic.name, clock.now());
    // Whoever waits for a broker that is away holds no connection to the database.
    if (hasFailed) await bus.reach(reachLimitMs);
    // What another relay has published meanwhile rests no more.
    for (const rested of this.#resting.keys()) if (lanes.every(({ number }) => number !== rested)) this.#resting.delete(rested);
    let [isMore, isShared] = [false, false];
    for (const lane of lanes) {
      if (draining.aborted) return false;
      if ((this.#resting.get(lane.number)?.untilMs ?? 0) > clock.elapsedMs()) continue;
      try {
        const { isOurs, published, isEmpty } = await relayLane(database, this.#sink, lane, clock.now());
        this.#spec.meter.published(this.schema, this.#topic.name, published);
        this.#resting.delete(lane.number);
        isShared ||= !isOurs;
        isMore ||= isOurs && !isEmpty;
      } catch (error) {
        await this.#rest(lane.number, error);
      }
    }
    if (!isShared && this.#resting.size === 0) this.#outage.worked(this.#topic.name);
    return isMore;
  }

  /** Leaves a lane alone for a while, unless it is no lane that fails but the broker that is away: then throws. */
  async #rest(lane: number, error: unknown): Promise<void> {
    const { bus, clock } = this.#spec;
    if (codeOf(error) === 'unavailable') throw error;
    const failures = (this.#resting.get(lane)?.failures ?? 0) + 1;
    this.#resting.set(lane, { failures, untilMs: clock.elapsedMs() + backOffMs(failing, failures, clock) });
    this.#tellFailure(error);
    if (kindOf(error) !== 'permanent') await bus.reach(reachLimitMs);
  }

  #tellFailure(error: unknown): void {
    this.#spec.meter.failed(this.schema, this.#topic.name, 1);
    const told = error instanceof WeirError ? error : new WeirError('defect', textOf(error), { cause: error });
    this.#outage.failed(this.#topic.name, told);
  }
}
