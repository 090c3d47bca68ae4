import { atTheEnd } from '../../support/atTheEnd.ts';
import { TcpProxy } from '../../support/tcpProxy.ts';
import { startWeir, type WeirProcess } from '../../support/weirProcess.ts';
import { answersInTime } from './answersInTime.ts';

/** A daemon whose address stays when another takes its place, as that of a service does. */
export interface WatchedWeir {
  /** `host:port` of its admin port, as Prometheus asks it. */
  readonly target: string;
  /** The one that runs now. */
  process(): WeirProcess;
  /** Kills it: nobody answers at its address. */
  kill(): Promise<void>;
  /** Starts another beside it, with these words instead of its own; resolves when it runs, to what puts it in the place of the one before. */
  prepare(...words: readonly string[]): Promise<() => Promise<void>>;
  /** Does both. */
  replace(...words: readonly string[]): Promise<void>;
}

/** Starts `weir run` with these further words, and resolves when it runs its pipelines. Killed at the end of the file. */
export async function aWatchedWeir(environment: Readonly<Record<string, string>>, ...own: readonly string[]): Promise<WatchedWeir> {
  const start = async (words: readonly string[]): Promise<readonly [WeirProcess, number]> => {
    const next = startWeir(environment, 'run', ...words);
    await next.logged('pipeline state', { state: 'running' });
    await answersInTime(next);
    return [next, Number(new URL(await next.adminUrl()).port)];
  };
  const first = await start(own);
  let [weir] = first;
  const proxy = await TcpProxy.start({ port: first[1] });
  atTheEnd(() => proxy.close());
  const kill = async (): Promise<void> => {
    weir.signal('SIGKILL');
    await weir.ended;
  };
  const prepare: WatchedWeir['prepare'] = async (...words) => {
    const next = await start(words.length > 0 ? words : own);
    return async () => {
      proxy.leadTo({ port: next[1] });
      await kill();
      [weir] = next;
    };
  };
  return {
    target: `127.0.0.1:${proxy.port}`,
    process: () => weir,
    kill,
    prepare,
    replace: async (...words) => (await prepare(...words))(),
  };
}
