import { processOptions } from '../../config/schema.ts';
import { paymentsOutbox } from '../../pipelines/payments/paymentsOutbox.ts';
import { settlementStore } from '../../pipelines/payments/settlementStore.ts';
import { webhookRoute } from '../../pipelines/payments/webhook.routes.ts';
import { webhookStore } from '../../pipelines/payments/webhookStore.ts';
import { servePublicApi } from '../../src/commandLine/servePublicApi.ts';
import { openDatabase } from '../../src/connectors/postgres/openDatabase.ts';
import { realClock } from '../../src/runtime/clock.ts';
import { benchLog, benchMetrics } from '../chainParts.ts';
import { webhookSecret, type AnswerAddress } from './answerProcess.ts';

/** A process of its own that serves webhooks as the daemon does, every option at its default but the requests of one address, of which all are. */
const [url = ''] = process.argv.slice(2);
const { maxConnections } = processOptions.database.parse({ url });
const database = openDatabase({ url, maxConnections, clock: realClock });
const now = (): Date => realClock.now();
const server = await servePublicApi({
  systems: { apiRoutes: [webhookRoute] },
  ports: {
    webhooks: webhookStore(database, settlementStore({ outbox: paymentsOutbox, now })),
    webhookSecrets: () => [webhookSecret],
  },
  house: { database, clock: realClock, log: benchLog },
  options: processOptions.api.parse({ port: 0, addressPerSecond: 100_000 }),
  meter: benchMetrics.api,
});
if (server === undefined) throw new Error('The API is not served.');
const address: AnswerAddress = { url: server.url };
process.on('disconnect', () => process.exit(0));
process.send?.(address);
