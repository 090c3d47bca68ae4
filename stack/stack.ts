import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { parseFlags } from './parseFlags.ts';
import { startStack } from './startStack.ts';

const usage = `npm run stack [-- --kafka --env FILE]

Starts PostgreSQL, Redis, a mail inbox and an SMS endpoint, payment gateways, a bank and a chat for working by hand, prints their addresses, and keeps them until Ctrl-C; their data
goes with them.

  --kafka     also start Kafka, and make it the bus
  --env FILE  also write the addresses to FILE, as lines WEIR_…=value
  --help      print this and end`;

const { env, kafka = false } = parseFlags(usage, ['env'], ['kafka']);
const ending = new AbortController();
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => ending.abort());

const stack = await startStack(kafka ? { kafka: {} } : {});
try {
  const lines = Object.entries(stack.environment).map(([name, value]) => `${name}=${value}`);
  if (env !== undefined) writeFileSync(env, `${lines.join('\n')}\n`, { mode: 0o600 });
  console.log(
    [
      ...lines,
      `Mail inbox: ${stack.inbox.httpUrl}`,
      `Messages of the SMS endpoint: ${stack.sms.url}/messages`,
      `Messages of the chat: ${stack.outside.chat.url}/posts`,
      `Gateways and the bank call back to a daemon's public API once they know where it is: POST /webhook-url to each.`,
      'Ctrl-C ends everything.',
    ].join('\n'),
  );
  if (!ending.signal.aborted) await once(ending.signal, 'abort');
} finally {
  await stack.close();
}
