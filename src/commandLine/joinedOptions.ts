import { z } from 'zod';
import { option } from '../../config/option.ts';
import { processOptions } from '../../config/schema.ts';
import { textOf } from '../errors.ts';
import { parseKeyRing } from '../message/keyRing.ts';
import type { OptionsSchema } from '../runtime/definePipeline.ts';
import type { System } from '../system.ts';
import { scheduleOptions, type ScheduleOptions } from './scheduleOptions.ts';

/** Options that every pipeline has besides its own. */
const flowOptions = {
  window: option(z.int().min(1).max(1_000_000).default(2_000), {
    about: 'Messages between the top and the bottom at most. Too small: effects wait for reads; too large: memory, and more to repeat.',
    unit: 'messages',
  }),
  maxSpan: option(z.int().min(1).max(10_000_000).default(20_000), {
    about: 'Messages of one partition above its watermark at most: what a crash repeats. At least the window.',
    unit: 'messages',
  }),
};

const { ring } = processOptions.keys.shape;

/** The key ring, read when options are: one that is wrong is told with the others, before anything is opened. */
const keys = z.strictObject({ ring: ring.superRefine(refuseWrongRing).meta(ring.meta() ?? {}) });

function refuseWrongRing(text: string, context: z.RefinementCtx): void {
  try {
    parseKeyRing(text);
  } catch (error) {
    context.addIssue({ code: 'custom', message: textOf(error) });
  }
}

export type ProcessOptions = z.infer<z.ZodObject<typeof processOptions>>;
export type FlowOptions = z.infer<z.ZodObject<typeof flowOptions>>;

/** Options as they are in force, those of a pipeline or job by its name. */
export interface Options {
  readonly process: ProcessOptions;
  /** The options of a pipeline, its own and those of its flow. */
  ofPipeline(name: string): FlowOptions;
  ofJob(name: string): unknown;
  ofSchedule(name: string): ScheduleOptions;
}

type Tree = Record<string, unknown>;

function refuseNarrowSpan({ window, maxSpan }: Partial<FlowOptions>, context: z.RefinementCtx): void {
  if (window === undefined || maxSpan === undefined || maxSpan >= window) return;
  context.addIssue({ code: 'custom', path: ['maxSpan'], message: `expected at least the window (${window}), got ${maxSpan}` });
}

/** An effect that takes as long as it may is no reason to be restarted. */
function refuseHastyLimit(tree: Tree, context: z.RefinementCtx): void {
  const { standingLimitMs } = (tree as unknown as ProcessOptions).runtime;
  const longest = timeLimitsOf(tree, []).reduce((left, right) => (right.ms > left.ms ? right : left), { path: '', ms: 0 });
  if (standingLimitMs > longest.ms) return;
  const message = `expected more than ${longest.path} (${longest.ms} ms), got ${standingLimitMs}`;
  context.addIssue({ code: 'custom', path: ['runtime', 'standingLimitMs'], message });
}

/** Where Kafka is the bus, somebody must say where it is. */
function refuseMissingBrokers(tree: Tree, context: z.RefinementCtx): void {
  const { bus, kafka } = tree as unknown as ProcessOptions;
  if (bus.kind !== 'kafka' || kafka.brokers !== '') return;
  context.addIssue({ code: 'custom', path: ['kafka', 'brokers'], message: 'expected host:port, since bus.kind is kafka' });
}

/** A user of Kafka without a password is refused there, and a password without a user is not sent at all. */
function refuseHalfLogin(tree: Tree, context: z.RefinementCtx): void {
  const { user, password } = (tree as unknown as ProcessOptions).kafka;
  if ((user === '') === (password === '')) return;
  const [given, missing] = user === '' ? ['password', 'user'] : ['user', 'password'];
  context.addIssue({ code: 'custom', path: ['kafka', missing], message: `expected a ${missing}, since kafka.${given} is set` });
}

/** The time limits of effects, wherever in the tree they stand. */
function timeLimitsOf(value: unknown, path: readonly string[]): readonly { readonly path: string; readonly ms: number }[] {
  if (path.at(-1) === 'timeLimitMs' && typeof value === 'number') return [{ path: path.join('.'), ms: value }];
  if (typeof value !== 'object' || value === null) return [];
  return Object.entries(value).flatMap(([name, inner]) => timeLimitsOf(inner, [...path, name]));
}

/** The schema of the process joined with those of its pipelines, jobs and schedules, each under its name. */
export function joinedSchema<P>(systems: Pick<System<P>, 'pipelines' | 'jobs' | 'schedules'>): z.ZodType<Tree> {
  const own = [
    ...systems.pipelines.map(({ name, options }) => ({
      name,
      schema: shapeOf(name, options).extend(flowOptions).superRefine(refuseNarrowSpan),
    })),
    ...systems.jobs.map(({ name, options }) => ({ name, schema: shapeOf(name, options) })),
  ];
  const schedules = byDomain(systems.schedules.map((schedule) => ({ name: schedule.name, schema: scheduleOptions(schedule) })));
  const branches = { schedules: z.strictObject(schedules).prefault({}), ...byDomain(own) };
  return z
    .strictObject({ ...processOptions, keys, ...branches })
    .superRefine(refuseHastyLimit)
    .superRefine(refuseMissingBrokers)
    .superRefine(refuseHalfLogin);
}

/** Schemas as branches: `billing.settle` is `settle` under `billing`. */
function byDomain(own: readonly { readonly name: string; readonly schema: z.ZodObject }[]): Record<string, z.ZodPrefault<z.ZodObject>> {
  const domains = Map.groupBy(own, ({ name }) => name.split('.')[0] ?? '');
  const branches = [...domains].map(([domain, parts]) => {
    const shape = Object.fromEntries(parts.map(({ name, schema }) => [name.slice(domain.length + 1), schema.prefault({})]));
    return [domain, z.strictObject(shape).prefault({})] as const;
  });
  return Object.fromEntries(branches);
}

function shapeOf(name: string, options: OptionsSchema<unknown>): z.ZodObject {
  if (options instanceof z.ZodObject) return options;
  throw new TypeError(`the options of ${name} are not an object schema`);
}

/** Reads the joined tree by name. */
export function optionsOf(tree: Tree): Options {
  const of = (name: string): unknown => name.split('.').reduce<unknown>((branch, part) => (branch as Tree)[part], tree);
  return {
    process: tree as unknown as ProcessOptions,
    ofPipeline: (name) => of(name) as FlowOptions,
    ofJob: of,
    ofSchedule: (name) => of(`schedules.${name}`) as ScheduleOptions,
  };
}
