import { requireNamed } from '../requireNamed.ts';

/** `notFound` for what is no pipeline; it tells which there are. */
export function requirePipeline(pipelines: readonly string[], wanted: string): void {
  requireNamed(
    'pipeline',
    pipelines.map((name) => ({ name })),
    wanted,
  );
}
