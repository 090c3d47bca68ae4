import { NEVER, type Observable } from 'rxjs';
import { stageOf } from '../../operators/step.ts';
import type { Message } from '../message/message.ts';

/** An observable that is never subscribed: piping it only writes down the stages it is piped through. */
function recorder(stages: string[]): Observable<never> {
  const recorder$: Observable<never> = Object.create(NEVER) as typeof NEVER;
  const pipe = (...operators: readonly object[]): Observable<never> => {
    for (const operator of operators) {
      const stage = stageOf(operator);
      if (stage !== undefined) stages.push(stage);
    }
    return recorder$;
  };
  return Object.assign(recorder$, { pipe });
}

/** Ports of which every member is a function named after its place, whatever is asked: enough to build a chain, not to run one. */
function namedPorts(name: string): unknown {
  const port = { [name]: () => namedPorts('answer') }[name] as object;
  return new Proxy(port, {
    get: (target, property) =>
      property === 'name' || typeof property === 'symbol' ? (Reflect.get(target, property) as unknown) : namedPorts(property),
  });
}

/**
 * The names of a chain's stages, from building it once with ports that do nothing. Throws a TypeError that names the chain when
 * a stage has no name or two have the same.
 */
export function stagesOf<V>(
  name: string,
  build: (message$: Observable<Message<V>>, ports: unknown) => Observable<Message<unknown>>,
): readonly string[] {
  const stages: string[] = [];
  void build(recorder(stages), namedPorts('ports'));
  const repeated = stages.find((stage, index) => stages.indexOf(stage) !== index);
  if (repeated !== undefined) throw new TypeError(`${name} has two stages named ${repeated}: name their functions apart`);
  return stages;
}
