import { Observable, type OperatorFunction } from 'rxjs';
import { stageOf } from '../../operators/step.ts';
import type { Message } from '../message/message.ts';

/** An observable that is never subscribed: it only writes down which stages it is piped through. */
class Recorder extends Observable<never> {
  readonly stages: string[] = [];

  override pipe(...operators: OperatorFunction<unknown, unknown>[]): this {
    for (const operator of operators) {
      const stage = stageOf(operator);
      if (stage !== undefined) this.stages.push(stage);
    }
    return this;
  }
}

/** Ports of which every member is a function named after its place, whatever is asked: enough to build a chain, not to run one. */
function namedPorts(name: string): unknown {
  const port = { [name]: () => namedPorts('answer') }[name] as object;
  return new Proxy(port, {
    get: (target, property) => (property === 'name' || typeof property === 'symbol' ? Reflect.get(target, property) : namedPorts(property)),
  });
}

/**
 * The names of a chain's stages, from building it once with ports that do nothing. Throws a TypeError that names the chain when
 * a stage has no name or two have the same.
 */
export function stagesOf<P, V>(
  name: string,
  build: (message$: Observable<Message<V>>, ports: P) => Observable<Message<unknown>>,
): readonly string[] {
  const recorder = new Recorder();
  build(recorder, namedPorts('ports') as P);
  const repeated = recorder.stages.find((stage, index) => recorder.stages.indexOf(stage) !== index);
  if (repeated !== undefined) throw new TypeError(`${name} has two stages named ${repeated}: name their functions apart`);
  return recorder.stages;
}
