import { expect, onTestFinished } from 'vitest';
import { virtualClock } from '../../../src/runtime/virtualClock.ts';
import { countsOf, isLawful } from '../../../stack/demo/law.ts';
import type { TcpProxy } from '../../support/tcpProxy.ts';
import { startWeir, type WeirProcess } from '../../support/weirProcess.ts';
import { through } from './through.ts';

/** What daemons that die are made of. */
export interface MortalDaemonsSpec {
  /** What configures a process that reaches everything directly. */
  readonly environment: Readonly<Record<string, string>>;
  /** What follows `weir run`. */
  readonly words: readonly string[];
  readonly seed: number;
  /** How many of them die. */
  readonly kills: number;
  /** What the wire shows of the moments at which they die. */
  readonly markers: { readonly database: readonly string[]; readonly redis: readonly string[] };
  /** A moment that comes in any case, before the twelfth of its kind or so: markers may be rare, and none lives for ever. */
  readonly surely: string;
  /** Variables of each place, which whoever is started in place of a dead one takes over. Default: none, in two places. */
  readonly places?: readonly Readonly<Record<string, string>>[];
}

/** Daemons that die at random moments and are started again, until so many have died. */
export class MortalDaemons {
  readonly plans: string[] = [];
  readonly #spec: MortalDaemonsSpec;
  readonly #random: () => number;
  #alive: WeirProcess[] = [];
  readonly #struck = new Set<WeirProcess>();
  readonly #proxies: TcpProxy[] = [];
  #started = 0;
  #died = 0;
  #isOver = false;

  constructor(spec: MortalDaemonsSpec) {
    this.#spec = spec;
    const chance = virtualClock(new Date(0), spec.seed);
    this.#random = () => chance.random();
  }

  /** Whoever dies after the test is not replaced: also where the test has failed. */
  async start(): Promise<void> {
    onTestFinished(() => void (this.#isOver = true));
    await Promise.all((this.#spec.places ?? [{}, {}]).map((place) => this.#startAt(place)));
  }

  get died(): number {
    return this.#died;
  }

  /** Drains those that live, and are struck no more; they must end well, and their counts must add up. */
  async stop(): Promise<void> {
    this.#isOver = true;
    for (const proxy of this.#proxies) proxy.spare();
    // Who was struck a moment ago may not have ended yet.
    for (const daemon of this.#alive.filter((one) => !this.#struck.has(one))) {
      const counts = countsOf((await daemon.ask('/metrics')).text);
      expect(counts.filter((count) => !isLawful(count))).toEqual([]);
      expect(await daemon.stop(), daemon.errors()).toEqual({ code: 0, signal: null });
    }
  }

  async #startAt(place: Readonly<Record<string, string>>): Promise<void> {
    const { environment, words, kills, markers, surely } = this.#spec;
    const database = await through(environment['WEIR_DATABASE_URL']);
    const redis = await through(environment['WEIR_REDIS_URL']);
    if (this.#isOver) return;
    this.#proxies.push(database.proxy, redis.proxy);
    this.#started += 1;
    const [name, nthStarted] = [`daemon-${this.#started}`, this.#started];
    const proxied = { ...environment, ...place, WEIR_DATABASE_URL: database.url, WEIR_REDIS_URL: redis.url, WEIR_INSTANCE: name };
    const daemon = startWeir(proxied, 'run', ...words);
    this.#alive.push(daemon);
    if (nthStarted <= kills) {
      // Clients of Kafka go where the broker says that it is, past any proxy.
      const marker = this.#pick(environment['WEIR_BUS_KIND'] === 'kafka' ? markers.database : [...markers.database, ...markers.redis]);
      const how = this.#pick(['cutBefore', 'cutAfter'] as const);
      const nth = 1 + Math.floor(this.#random() * 6);
      this.plans.push(`${name}: ${how} ${marker} ${nth}`);
      const call = (): void => {
        if (this.#isOver) return;
        this.#struck.add(daemon);
        daemon.signal('SIGKILL');
      };
      for (const { proxy } of [database, redis]) void proxy.strike(marker, how, { nth, call });
      void database.proxy.strike(surely, how, { nth: 4 + Math.floor(this.#random() * 12), call });
    }
    void daemon.ended.then(() => this.#replace(daemon, place));
  }

  async #replace(dead: WeirProcess, place: Readonly<Record<string, string>>): Promise<void> {
    if (this.#isOver) return;
    this.#died += 1;
    this.#alive = this.#alive.filter((daemon) => daemon !== dead);
    await this.#startAt(place);
  }

  #pick<T>(from: readonly T[]): T {
    return from[Math.floor(this.#random() * from.length)] as T;
  }
}
