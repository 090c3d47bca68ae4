import { print, type CommonFlags, type Place } from './context.ts';
import { exitCodes, type ExitCode } from './exitCodes.ts';
import { table } from './table.ts';

/** `weir pipelines`: the pipelines and jobs that there are, with their stages from top to bottom. */
export function pipelinesCommand<P>(place: Place<P>, flags: CommonFlags): ExitCode {
  const { pipelines, jobs } = place.systems;
  const rows = [
    ...pipelines.map(({ name, profile, stages }) => ({ name, kind: 'pipeline', profile, stages })),
    ...jobs.map(({ name, profile, stages }) => ({ name, kind: 'job', profile, stages })),
  ];
  print(place, flags, rows, () =>
    table(
      ['name', 'kind', 'profile', 'stages'],
      rows.map(({ name, kind, profile, stages }) => [name, kind, profile, stages.join(' → ')]),
    ),
  );
  return exitCodes.ok;
}
