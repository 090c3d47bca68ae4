import { checkTopics } from './checkTopics.ts';
import type { ApiServer } from '../api/startApi.ts';
import type { Api } from '../console/api.ts';
import { startAdminServer, type AdminServer, type Dependency } from '../console/adminServer.ts';
import type { RunningPipeline } from '../console/overview/pipelineRow.ts';
import { codeOf, textOf } from '../errors.ts';
import type { Logger } from '../logging/logger.ts';
import type { LogLevels } from '../logging/logLevels.ts';
import type { Clock } from '../message/clock.ts';
import { waitText } from '../message/wait.ts';
import { createMetrics, type Metrics } from '../metrics/metrics.ts';
import { BackgroundLoops } from '../runtime/backgroundLoops.ts';
import { Pauses } from '../runtime/pauses/pauses.ts';
import { letterIndexes, openLetters } from '../runtime/deadLetters/letterIndexes.ts';
import { runReplays } from '../runtime/deadLetters/runReplays.ts';
import { joinRun } from '../runtime/jobs/joinRun.ts';
import { listRuns } from '../runtime/jobs/listRuns.ts';
import { WakeUp } from '../runtime/jobs/wakeUp.ts';
import { watchRuns, type OpenRun } from '../runtime/jobs/watchRuns.ts';
import { standing, type Progress } from '../runtime/liveness.ts';
import { stopAll } from '../runtime/stopAll.ts';
import type { StopSignals } from '../runtime/stopSignals.ts';
import { supervise, type PauseCause, type PipelineState, type Supervised } from '../runtime/supervise.ts';
import { unlessStopped } from '../runtime/unlessStopped.ts';
import { askAllGauges } from '../runtime/gauges/askAllGauges.ts';
import type { House } from '../runtime/house.ts';
import { runForgetting } from '../runtime/outbox/runForgetting.ts';
import { runRelays } from '../runtime/outbox/runRelays.ts';
import { outboxStandings } from '../runtime/outbox/standings.ts';
import { runSchedules } from '../runtime/schedules/runSchedules.ts';
import { awaitSchema } from './awaitSchema.ts';
import { exitCodes, isOfConfiguration, type ExitCode } from './exitCodes.ts';
import { jobSettingsOf } from './jobSettings.ts';
import { firedSchedules } from './firedSchedules.ts';
import { knownSchedules } from './knownSchedules.ts';
import { openApi } from './openApi.ts';
import { openDatabaseOf, openHouse, type OpenHouse } from './openHouse.ts';
import { openOverview } from './openOverview.ts';
import { requireKeys } from './requireKeys.ts';
import { servePublicApi } from './servePublicApi.ts';
import type { Options } from './joinedOptions.ts';
import type { System } from '../system.ts';
import { messageSpans } from '../tracing/messageSpans.ts';

/** What a daemon runs, and on what. */
export interface DaemonSpec<P> {
  readonly systems: System<P>;
  readonly options: Options;
  readonly migrations: string;
  readonly clock: Clock;
  readonly log: Logger;
  readonly levels: LogLevels;
  readonly signals: StopSignals;
  /** Starts with everything paused: pipelines read nothing, and no run is worked on. */
  readonly isHeld: boolean;
}

/**
 * Runs the pipelines of this process's profiles and works on the open runs of their jobs, until a signal. Then, in this order
 * and each step under a deadline: drain, commit, close. Answers the exit code: 0 only for a clean drain.
 */
export async function runDaemon<P>(spec: DaemonSpec<P>): Promise<ExitCode> {
  const daemon = new Daemon(spec);
  try {
    await daemon.start();
    return await daemon.untilStopped();
  } catch (error) {
    const code = codeOf(error);
    // Stopped before there was anything to drain.
    if (code === 'cancelled') return exitCodes.ok;
    spec.log.error('cannot start', { code, error: textOf(error) });
    return isOfConfiguration(code) ? exitCodes.configuration : exitCodes.failed;
  } finally {
    await daemon.close();
  }
}

class Daemon<P> {
  readonly #spec: DaemonSpec<P>;
  readonly #metrics: Metrics;
  readonly #supervised: Supervised[] = [];
  readonly #running: RunningPipeline[] = [];
  readonly #parts = new Set<Progress>();
  readonly #wedged = Promise.withResolvers<'wedged'>();
  #dependencies: readonly Dependency[] = [];
  #admin: AdminServer | undefined;
  #api: Api | undefined;
  #publicApi: ApiServer | undefined;
  #house: OpenHouse | undefined;
  readonly #loops: BackgroundLoops;
  #hasStarted = false;
  #isStopping = false;

  constructor(spec: DaemonSpec<P>) {
    this.#spec = spec;
    this.#metrics = createMetrics(spec.clock);
    this.#loops = new BackgroundLoops(spec.log);
  }

  async start(): Promise<void> {
    const { options, clock, log, migrations, signals, systems } = this.#spec;
    await this.#startAdmin();
    const database = openDatabaseOf(options.process, clock, log);
    this.#dependencies = [{ name: 'postgres', reach: (limitMs) => database.reach(limitMs) }];
    await awaitSchema(database, migrations, { clock, log, stop: signals.drain });
    await requireKeys(database, options.process, systems, log);
    this.#house = await openHouse(options.process, database, { clock, log, count: this.#metrics.count });
    this.#dependencies = this.#house.dependencies;
    await checkTopics(this.#house.house.bus, systems.topics);
    this.#metrics.watchBreakers(this.#house.breakers);
    const pauses = await Pauses.read({ database, clock, log, pollMs: options.process.jobs.pollMs, draining: signals.drain });
    const ports = systems.openPorts(this.#house.house);
    // Before anything runs that would have to be drained if its port is taken.
    if (!this.#spec.isHeld) await this.#servePublicApi(ports, this.#house);
    this.#startPipelines(ports, pauses);
    const jobs = systems.jobs.filter((job) => this.#isOurs(job)).map(({ name }) => name);
    this.#metrics.watchJobs({ names: jobs, openRuns: () => listRuns(database, { jobs, isUnfinished: true }) });
    const questions = systems.gauges.filter((question) => this.#isOurs(question));
    this.#metrics.watchGauges({ questions, ask: askAllGauges(database, () => clock.now()) });
    if (!this.#spec.isHeld) this.#startJobs(ports, this.#house);
    this.#startOutboxes(this.#house.house);
    this.#startApi(ports, this.#house);
    this.#hasStarted = true;
  }

  async untilStopped(): Promise<ExitCode> {
    const { signals, options, clock, log } = this.#spec;
    const asked = new Promise<'asked'>((resolve) => {
      if (signals.drain.aborted) resolve('asked');
      else signals.drain.addEventListener('abort', () => resolve('asked'), { once: true });
    });
    const why = await Promise.race([asked, this.#wedged.promise]);
    this.#isStopping = true;
    signals.stop();
    const cancel = clock.after(options.process.runtime.stopGraceMs, () => {
      log.warn('the grace time is over: what is not settled is released');
      signals.stopNow();
    });
    // Beside the drain of the pipelines, since what is answered needs the database and nothing of them.
    const answered = this.#publicApi?.close(signals.cut);
    const isClean = await stopAll(this.#supervised, signals.cut);
    // Jobs that outlive the cut are left to their leases, as effects of a pipeline are.
    const areLoopsClean = await unlessStopped(clock, signals.cut, this.#loops.ended(), options.process.runtime.stopTimeoutMs);
    const isAnswered = (await answered) ?? true;
    cancel();
    const exitCode = isClean && isAnswered && areLoopsClean === true && why === 'asked' ? exitCodes.ok : exitCodes.failed;
    signals.stopped();
    log.info('stopped', { exitCode });
    return exitCode;
  }

  async close(): Promise<void> {
    // Closed long ago, unless the start failed after it.
    await this.#publicApi?.close(AbortSignal.abort());
    await this.#house?.close();
    await this.#admin?.close();
  }

  async #startAdmin(): Promise<void> {
    const { options, log, signals } = this.#spec;
    const { host, port } = options.process.admin;
    this.#admin = await startAdminServer({
      host,
      port,
      scrape: () => this.#metrics.scrape(),
      standing: () => standing([...this.#supervised, ...this.#parts], options.process.runtime.standingLimitMs),
      dependencies: () => this.#dependencies,
      hasStarted: () => this.#hasStarted,
      isStopping: () => signals.drain.aborted || this.#isStopping,
      failed: () => [...this.#pipelinesThatAre('failed'), ...this.#loops.failed()],
      paused: () => [...this.#pipelinesThatAre('paused'), ...this.#pipelinesThatWait()],
      api: () => this.#api,
    });
    log.info('admin port open', { address: this.#admin.url });
  }

  /** The API, and replays of dead letters, which it begins; in a process that is held they wait for another. */
  #startApi(ports: P, { house, breakers }: OpenHouse): void {
    const { systems, options, clock, log, levels, signals, isHeld } = this.#spec;
    const { leaseMs, pollMs } = options.process.jobs;
    const wakeUp = new WakeUp(clock, pollMs);
    const shared = { database: house.database, bus: house.bus, topics: systems.topics, clock, log, draining: signals.drain };
    if (!isHeld) this.#loops.watch('replays', runReplays({ ...shared, holder: house.instance, leaseMs: 2 * leaseMs, wakeUp }));
    const letterIndexOf = letterIndexes(house.bus);
    const countLetters = (): Promise<ReadonlyMap<string, number>> => openLetters(house.database, systems.topics, letterIndexOf);
    this.#metrics.watchLetters(countLetters);
    const schedules = knownSchedules(systems.schedules, options);
    const overview = openOverview(systems, house, {
      ...{ breakers, schedules, isHeld, metrics: this.#metrics, openLetters: countLetters },
      running: () => this.#running,
    });
    this.#loops.watch('overview', overview.follow(signals.drain));
    this.#api = openApi({
      ...{ systems, ports, house, levels, overview, letterIndexOf, schedules },
      factsOf: (pipeline) => this.#metrics.factsOf(pipeline),
      supervised: () => this.#supervised,
      wakeReplays: () => wakeUp.wake(),
    });
  }

  /** What programs outside ask, from here on; a process that is held takes nothing in. */
  async #servePublicApi(ports: P, { house }: OpenHouse): Promise<void> {
    const { systems, options } = this.#spec;
    this.#publicApi = await servePublicApi({ systems, ports, house, options: options.process.api, meter: this.#metrics.api });
  }

  #pipelinesThatAre(state: PipelineState): readonly string[] {
    return this.#supervised.filter((pipeline) => pipeline.state() === state).map(({ name }) => name);
  }

  /** Running, and held back by the breaker of what they need, or by a call that is tried again. */
  #pipelinesThatWait(): readonly string[] {
    const waiting = this.#supervised.filter((pipeline) => pipeline.state() === 'running' && pipeline.waits().length > 0);
    return waiting.map((pipeline) => `${pipeline.name} (${pipeline.waits().map(waitText).join('; ')})`);
  }

  #isOurs({ profile }: { readonly profile: string }): boolean {
    const { profiles } = this.#spec.options.process;
    return profiles.length === 0 || profiles.includes(profile);
  }

  #startPipelines(ports: P, pauses: Pauses): void {
    const { systems, options, clock, log } = this.#spec;
    const { stopTimeoutMs, restartFirstMs, restartMaxMs } = options.process.runtime;
    for (const pipeline of systems.pipelines.filter((candidate) => this.#isOurs(candidate))) {
      const own = options.ofPipeline(pipeline.name);
      const source = pipeline.source(ports, own);
      const supervised = supervise({
        name: pipeline.name,
        source,
        chain: (message$) => pipeline.chain(message$, ports, own),
        clock,
        meter: this.#metrics.meterOf(pipeline.name, pipeline.stages),
        log,
        spans: () => messageSpans(pipeline.name),
        limits: own,
        stopTimeoutMs,
        restart: { firstMs: restartFirstMs, maxMs: restartMaxMs },
        pausedBy: this.#pausedBy(pauses.sentenceOf(pipeline.name)),
        onWedged: () => this.#wedged.resolve('wedged'),
      });
      this.#supervised.push(supervised);
      const isPaused = (): boolean => pauses.sentenceOf(pipeline.name) !== undefined;
      const lag = async (): Promise<number | undefined> => source.lag?.();
      this.#running.push({ supervised, lag });
      this.#metrics.watch({ supervised, lag, isPaused });
    }
    this.#loops.watch('pauses', pauses.follow(this.#supervised));
  }

  /** Why a pipeline reads nothing at first. A process that is held lets nothing go until it is started again. */
  #pausedBy(operators: string | undefined): ReadonlyMap<PauseCause, string> {
    const causes = new Map<PauseCause, string>();
    if (this.#spec.isHeld) causes.set('held', 'held at start');
    if (operators !== undefined) causes.set('operator', operators);
    return causes;
  }

  #startJobs(ports: P, { house }: OpenHouse): void {
    const { systems, options, clock, log, signals } = this.#spec;
    const jobs = new Map(systems.jobs.filter((candidate) => this.#isOurs(candidate)).map((job) => [job.name, job]));
    const settings = jobSettingsOf(options.process);
    const shared = {
      ports,
      database: house.database,
      clock,
      log,
      holder: house.instance,
      settings,
      parts: this.#parts,
      draining: signals.drain,
    };
    const meters = new Map([...jobs.values()].map(({ name, stages }) => [name, this.#metrics.meterOf(name, stages)]));
    const work = async ({ id, job: name, key }: OpenRun): Promise<void> => {
      const [job, meter] = [jobs.get(name), meters.get(name)];
      if (job === undefined || meter === undefined) return;
      const end = await joinRun({ ...shared, job, key, options: options.ofJob(name), meter, signal: signals.cut }, id);
      const fields = { job: name, key, state: end.how };
      if (end.how === 'failed') {
        const { code, text } = end.failure;
        log.error(`the run failed: mend the cause, then weir run --job ${name} --key ${key}`, { ...fields, code, error: text });
      } else log.info('run left', fields);
    };
    this.#loops.watch('jobs', watchRuns({ ...shared, jobs, pollMs: settings.pollMs, work }));
    this.#loops.watch('schedules', this.#runSchedules(house));
  }

  /** Publishes the outboxes of this process's profiles, and keeps the inboxes beside them small; one that is held only tells how they stand. */
  #startOutboxes({ database, bus }: House): void {
    const { systems, options, clock, log, signals, isHeld } = this.#spec;
    const { pollMs, inboxKeepDays: keepDays } = options.process.outbox;
    const outboxes = systems.outboxes.filter((candidate) => this.#isOurs(candidate));
    const schemas = outboxes.map(({ schema }) => schema);
    this.#metrics.watchOutboxes(() => outboxStandings(database, schemas));
    if (isHeld) return;
    const shared = { database, outboxes, clock, log, draining: signals.drain };
    this.#loops.watch('outboxes', runRelays({ ...shared, bus, meter: this.#metrics.outboxes, pollMs }));
    this.#loops.watch('inboxes', runForgetting({ ...shared, keepDays }));
  }

  #runSchedules({ database, instance }: House): Promise<void> {
    const { systems, options, clock, log, signals } = this.#spec;
    const { keepDays, pollMs } = options.process.jobs;
    const schedules = firedSchedules(systems, options, (schedule) => this.#isOurs(schedule));
    const meter = this.#metrics.schedules;
    return runSchedules({ database, clock, log, meter, schedules, holder: instance, pollMs, keepDays, draining: signals.drain });
  }
}
