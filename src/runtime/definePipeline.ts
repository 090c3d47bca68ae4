import type { Observable } from 'rxjs';
import type { Source } from '../connectors/source.ts';
import type { Message } from '../message/message.ts';

/** A schema of options: every field described, with its unit and default; `parse` throws on what it does not accept. */
export interface OptionsSchema<O> {
  parse(input: unknown): O;
}

/** A named chain with its source: what enters, what happens to it, in one place. */
export interface Pipeline<P, O> {
  /** `domain.name`: label of metrics, field of logs, title on the console. */
  readonly name: string;
  /** The profile whose processes run it. */
  readonly profile: string;
  readonly options: OptionsSchema<O>;
  source(ports: P): Source;
  chain(message$: Observable<Message<Uint8Array>>, ports: P, options: O): Observable<Message<unknown>>;
}

/**
 * Defines a pipeline. Ports are inferred from the annotation of `source`'s argument, options from their schema.
 * An empty or repeated name of a stage fails here, at definition.
 */
export function definePipeline<P, O>(pipeline: Pipeline<P, O>): Pipeline<P, O> {
  return pipeline;
}
