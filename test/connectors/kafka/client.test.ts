import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import type { Socket } from 'node:net';
import { describe, expect, onTestFinished, test } from 'vitest';
import { openClient } from '../../../src/connectors/kafka/client.ts';
import { withDefaults } from '../../../src/connectors/kafka/kafkaOptions.ts';
import { realClock } from '../../../src/runtime/clock.ts';
import { sharedKafka } from '../../support/services.ts';
import { until } from '../../support/until.ts';

const brokers = sharedKafka();

describe.skipIf(brokers === undefined)('the client', () => {
  test('that ends a connection again and again after it has closed leaves nothing on it, of which Node.js would warn', async () => {
    const sockets: Socket[] = [];
    const opened = (message: unknown): void => void sockets.push((message as { readonly socket: Socket }).socket);
    subscribe('net.client.socket', opened);
    onTestFinished(() => void unsubscribe('net.client.socket', opened));
    const admin = openClient(withDefaults({ brokers: [brokers ?? ''], clock: realClock, instance: 'a' })).admin();
    await admin.connect();
    await admin.disconnect();
    await until('its connections are closed', () => sockets.length > 0 && sockets.every(({ destroyed }) => destroyed));
    for (let time = 0; time < 12; time += 1) await admin.disconnect();
    expect(sockets.map((socket) => socket.listenerCount('connect'))).toEqual(sockets.map(() => 0));
  });
});
