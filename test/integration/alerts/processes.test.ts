import { beforeAll, describe, it } from 'vitest';
import { aKafkaExporter } from '../../support/aKafkaExporter.ts';
import { atTheEnd } from '../../support/atTheEnd.ts';
import { TcpProxy } from '../../support/tcpProxy.ts';
import { aMonth } from '../daemon/aMonth.ts';
import { aWatchedWeir, type WatchedWeir } from './aWatchedWeir.ts';
import { areWatched, onCall, type OnCall } from './onCall.ts';
import { patiently } from './patiently.ts';

/** What is asked beside Weir, as the exporter of a broker: it ends, and comes back at its address. */
async function anExporter(): Promise<{ readonly target: string; end(): void; begin(): void }> {
  const address = await aKafkaExporter('kafka_brokers 1\n');
  // Nobody else can take its port meanwhile.
  const proxy = await TcpProxy.start({ port: Number(new URL(`http://${address}`).port) });
  atTheEnd(() => proxy.close());
  return {
    target: `127.0.0.1:${proxy.port}`,
    end: () => {
      proxy.refuse();
      proxy.cut();
    },
    begin: () => proxy.pass(),
  };
}

describe.skipIf(!areWatched)('whoever is on call for processes', () => {
  let duty: OnCall;
  let all: WatchedWeir;
  let consumer: WatchedWeir;
  let exporter: Awaited<ReturnType<typeof anExporter>>;

  beforeAll(async () => {
    const { environment } = await aMonth();
    [all, consumer, exporter] = await Promise.all([
      aWatchedWeir(environment),
      aWatchedWeir(environment, '--profile', 'consumer'),
      anExporter(),
    ]);
    duty = await onCall({ weir: [all.target, consumer.target], kafka: [exporter.target] });
  });

  it('is paged about the one process that stands still, until it goes on', async () => {
    await duty.sees({
      alert: 'WeirProcessDown',
      labels: { instance: consumer.target },
      cause: () => consumer.process().signal('SIGSTOP'),
      heal: () => consumer.process().signal('SIGCONT'),
    });
  });

  it('is paged once when all processes are killed, and not about what nobody does meanwhile, until they run again', async () => {
    await duty.sees({
      alert: 'WeirDown',
      follows: ['WeirProcessDown', 'WeirJobLate'],
      cause: () => Promise.all([all.kill(), consumer.kill()]),
      heal: () => Promise.all([all.replace(), consumer.replace()]),
    });
  });

  it('reads by day of a process that starts again and again, until it stays', async () => {
    const startedAt = async (): Promise<number | undefined> =>
      (await duty.ask(`process_start_time_seconds{instance="${consumer.target}"}`))[0]?.value;
    const restarts = [await consumer.prepare(), await consumer.prepare(), await consumer.prepare()];
    const happen = async (restart: () => Promise<void>): Promise<void> => {
      const before = await startedAt();
      await restart();
      await patiently('Prometheus has asked the new one', async () => ![undefined, before].includes(await startedAt()));
    };
    await duty.sees({
      alert: 'WeirProcessRestarts',
      labels: { instance: consumer.target },
      cause: async () => {
        for (const restart of restarts) await happen(restart);
      },
      heal: () => undefined,
    });
  });

  it('reads by day that nobody tells how remittances stand, once no process runs their profile, until one does', async () => {
    await duty.sees({
      alert: 'WeirGaugesSilent',
      cause: () => all.replace('--profile', 'billing-batch,producer,consumer,payments,deposits,streams,accounting'),
      heal: () => all.replace(),
    });
  });

  it('reads by day of an exporter that cannot be asked, until it can', async () => {
    await duty.sees({
      alert: 'WeirScrapeFails',
      labels: { job: 'kafka' },
      cause: () => exporter.end(),
      heal: () => exporter.begin(),
    });
  });
});
