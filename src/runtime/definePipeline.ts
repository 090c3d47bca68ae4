import type { Observable } from 'rxjs';
import type { Source } from '../connectors/source.ts';
import type { Message } from '../message/message.ts';
import { stagesOf } from './stagesOf.ts';

/** A schema of options: every field described, with its unit and default; `parse` throws on what it does not accept. */
export interface OptionsSchema<O> {
  parse(input: unknown): O;
}

/** A named chain with its source: what enters, what happens to it, in one place. */
export interface PipelineDefinition<P, O> {
  /** `domain.name`: label of metrics, field of logs, title on the console. */
  readonly name: string;
  /** The profile whose processes run it. */
  readonly profile: string;
  readonly options: OptionsSchema<O>;
  source(ports: P, options: O): Source;
  chain(message$: Observable<Message<Uint8Array>>, ports: P, options: O): Observable<Message<unknown>>;
}

export interface Pipeline<P, O> extends PipelineDefinition<P, O> {
  /** The names of its stages from top to bottom, taken from the functions they are made of. */
  readonly stages: readonly string[];
}

/**
 * Defines a pipeline. Ports are inferred from the annotation of `source`'s argument, options from their schema.
 * A stage without a name, or two of one name, fail here, at definition: metrics and logs could not tell them apart.
 */
export function definePipeline<P, O>(definition: PipelineDefinition<P, O>): Pipeline<P, O> {
  const options = definition.options.parse({});
  const stages = stagesOf<Uint8Array>(definition.name, (message$, ports) => definition.chain(message$, ports as P, options));
  return { ...definition, stages };
}
