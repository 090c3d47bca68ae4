import type { Database } from '../../connectors/database.ts';
import { pause } from '../../message/pause.ts';
import type { Metrics } from '../../metrics/metrics.ts';
import type { Breaker } from '../../runtime/breaker.ts';
import type { Json } from '../../runtime/jobs/job.ts';
import { latestRuns } from '../../runtime/jobs/latestRuns.ts';
import { unsettledRuns, type AskedJob } from '../../runtime/jobs/unsettledRuns.ts';
import { listPauses } from '../../runtime/pauses/pauseStore.ts';
import { listSchedules, type KnownSchedule } from '../../runtime/schedules/listSchedules.ts';
import { swallowedFires } from '../../runtime/schedules/swallowedFires.ts';
import { worstFirst } from './attention.ts';
import { breakerAttention } from './breakerAttention.ts';
import { BusinessAttention, type BusinessParts } from './businessAttention.ts';
import { everyMs, History, none, type Recent, type Tally } from './history.ts';
import { jobAttention } from './jobAttention.ts';
import { jobRow } from './jobRow.ts';
import { pipelineAttention, pipelineRow, type PipelineRow, type RunningPipeline } from './pipelineRow.ts';
import { isLate, scheduleAttention } from './scheduleAttention.ts';

/** Something that has a name and runs in processes of a profile. */
interface Profiled {
  readonly name: string;
  readonly profile: string;
}

export interface OverviewParts extends BusinessParts {
  readonly database: Database;
  readonly instance: string;
  readonly isHeld: boolean;
  /** All pipelines and jobs, of whatever profile. */
  readonly pipelines: readonly Profiled[];
  readonly jobs: readonly Profiled[];
  readonly schedules: readonly KnownSchedule[];
  /** Those pipelines that this process runs. */
  readonly running: () => readonly RunningPipeline[];
  readonly breakers: readonly Pick<Breaker, 'name' | 'state' | 'awaySinceMs'>[];
  readonly metrics: Pick<Metrics, 'totals'>;
}

/** What was counted of pipelines and jobs, by their names. */
type Tallies = ReadonlyMap<string, Tally>;

/**
 * How everything stands, as this process sees it: its own pipelines, and the jobs and schedules of all. It takes a sample every 15 seconds;
 * whatever else it tells is asked for when somebody looks.
 */
export class Overview {
  readonly #parts: OverviewParts;
  readonly #history = new History();
  readonly #startedAt: Date;
  readonly #business: BusinessAttention;

  constructor(parts: OverviewParts) {
    this.#parts = parts;
    this.#startedAt = parts.clock.now();
    this.#business = new BusinessAttention(parts);
  }

  /** Takes samples until the signal; resolves then. */
  async follow(stop: AbortSignal): Promise<void> {
    const { clock } = this.#parts;
    while (!stop.aborted) {
      this.#history.add(clock.elapsedMs(), await this.#tallies());
      await pause(clock, everyMs, stop);
    }
  }

  async show(): Promise<Json> {
    const { clock, database, instance, isHeld, breakers, schedules } = this.#parts;
    const now = clock.now();
    const tallies = await this.#tallies();
    const [pipelines, jobs, unsettled, views, swallowed, business] = await Promise.all([
      this.#pipelines(this.#parts.pipelines, tallies),
      this.#jobs(tallies),
      unsettledRuns(database, askedJobs(this.#parts)),
      listSchedules(database, schedules, now),
      swallowedFires(
        database,
        schedules.map(({ schedule }) => schedule),
      ),
      this.#business.show(),
    ]);
    const attention = worstFirst([
      ...breakers.flatMap((each) => breakerAttention(each, clock)),
      ...pipelines.flatMap(pipelineAttention),
      ...jobAttention(jobs, unsettled),
      ...views.flatMap((view) => scheduleAttention(view, swallowed, now)),
      ...business,
    ]);
    return {
      ...{ instance, now: now.toISOString(), startedAt: this.#startedAt.toISOString(), isHeld },
      attention: attention.map((item) => ({ ...item })),
      ...{ pipelines, jobs, dependencies: breakers.map((each) => ({ name: each.name, state: each.state() })) },
      schedules: views.map((view) => {
        const nextAt = view.pause === undefined ? view.nextFireAt : undefined;
        return { schedule: view.name, isLate: isLate(view, now), nextAt: nextAt?.toISOString() ?? null };
      }),
    };
  }

  /** One pipeline at a glance; undefined where there is none of this name. */
  async pipeline(name: string): Promise<PipelineRow | undefined> {
    const named = this.#parts.pipelines.filter((pipeline) => pipeline.name === name);
    return (await this.#pipelines(named, await this.#tallies()))[0];
  }

  async #pipelines(asked: readonly Profiled[], tallies: Tallies): Promise<readonly PipelineRow[]> {
    const { database, clock, running } = this.#parts;
    const pauses = await listPauses(database);
    const ours = new Map(running().map((pipeline) => [pipeline.supervised.name, pipeline]));
    return Promise.all(
      asked.map(({ name, profile }) => {
        const pausing = pauses.find(({ pipeline }) => pipeline === name);
        return pipelineRow({ name, profile, running: ours.get(name), pause: pausing, recent: this.#recentOf(name, tallies) }, clock);
      }),
    );
  }

  async #jobs(tallies: Tallies): Promise<readonly ReturnType<typeof jobRow>[]> {
    const { database, jobs } = this.#parts;
    const names = jobs.map(({ name }) => name);
    const runs = await latestRuns(database, names);
    return jobs.map(({ name, profile }) => jobRow(name, profile, runs.get(name), this.#recentOf(name, tallies).history));
  }

  #recentOf(name: string, tallies: Tallies): Recent {
    return this.#history.recentOf(name, this.#parts.clock.elapsedMs(), tallies.get(name) ?? none);
  }

  /** Pipelines by what the runtime counts, jobs by the messages of their busiest stage. */
  async #tallies(): Promise<Tallies> {
    const totals = await this.#parts.metrics.totals();
    const counted = this.#parts.running().map(({ supervised }) => {
      const { done, skipped, deferred, dead } = supervised.counts();
      const retries = totals.get(supervised.name)?.retries ?? 0;
      return [supervised.name, { ended: done + skipped + deferred + dead, retries, dead }] as const;
    });
    const all = [...totals].map(([name, { retries, messages }]) => [name, { ended: messages, retries, dead: 0 }] as const);
    return new Map([...all, ...counted]);
  }
}

/** As `scheduleStates` has it: where missed fires do not all run, a later run does what one that failed would have done. */
function askedJobs({ jobs, schedules }: OverviewParts): readonly AskedJob[] {
  const madeUpFor = new Set(schedules.flatMap(({ schedule: { job, misfire } }) => (misfire === 'runAll' ? [] : [job])));
  return jobs.map(({ name }) => ({ name, isEach: !madeUpFor.has(name) }));
}
