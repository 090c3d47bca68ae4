/** Everything at a glance, as `overview.show` answers it and the daemon tells it live. What is not known is null. */
export interface Overview {
  readonly instance: string;
  readonly now: string;
  readonly startedAt: string;
  readonly isHeld?: boolean;
  readonly attention: readonly Attention[];
  readonly pipelines: readonly PipelineRow[];
  readonly jobs: readonly JobRow[];
  readonly schedules: readonly { readonly schedule: string; readonly isLate: boolean; readonly nextAt: string | null }[];
  readonly dependencies: readonly { readonly name: string; readonly state: string }[];
}

/** Something that wants a person. */
export interface Attention {
  readonly level: 'page' | 'ticket';
  readonly text: string;
  /** Where it is looked at: `#/pipelines/billing.deliver`. */
  readonly view: string;
  /** Since when it is so; absent of a daemon that does not tell it yet. */
  readonly since?: string | null;
}

/** How a pipeline stands. */
export interface PipelineRow {
  readonly pipeline: string;
  readonly profile: string;
  readonly state: string;
  /** Absent of a daemon that does not tell it yet, as the next. */
  readonly stateSince?: string | null;
  readonly reason: string | null;
  readonly waitsFor: string | null;
  readonly waitsSince?: string | null;
  readonly pausedBy: string | null;
  readonly pausedAt: string | null;
  readonly pausedBecause: string | null;
  readonly rate: number | null;
  readonly lag: number | null;
  readonly inFlight: number | null;
  readonly oldestSeconds: number | null;
  readonly retries: number | null;
  readonly dead: number | null;
  readonly history: readonly number[];
}

/** How the latest run of a job stands; of a job that never ran there is only its name. */
export interface JobRow {
  readonly job: string;
  readonly profile: string;
  readonly status: string | null;
  readonly key: string | null;
  readonly run: string | null;
  readonly rowsRead?: number | null;
  readonly total?: number | null;
  readonly rowsPerSecond?: number | null;
  readonly etaSeconds?: number | null;
  readonly endedAt?: string | null;
  readonly history: readonly number[];
}
