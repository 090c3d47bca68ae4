import type { Bus } from '../connectors/bus.ts';
import type { Outgoing } from '../connectors/sink.ts';
import { tracedHeaders } from './tracedHeaders.ts';

/** A bus on which nothing is published without a trace, but for replays. Dead letters keep the headers that they had. */
export function tracedBus(bus: Bus): Bus {
  return {
    ...bus,
    publish: (topic, options) => {
      const sink = bus.publish(topic, options);
      if (options?.isReplay === true) return sink;
      const traced = (message: Outgoing): Outgoing => ({ ...message, headers: tracedHeaders(topic.name, message) });
      return { write: (messages) => sink.write(messages.map(traced)), close: () => sink.close() };
    },
  };
}
