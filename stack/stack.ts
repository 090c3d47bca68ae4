import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { startStack } from './startStack.ts';

/**
 * `npm run stack [-- --env FILE]`: the services and simulators for working by hand. Prints their addresses, writes them to FILE
 * as lines `WEIR_…=value`, and keeps them until Ctrl-C; their data goes with them.
 */
const { values } = parseArgs({ options: { env: { type: 'string' } } });
const ending = new AbortController();
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => ending.abort());

const stack = await startStack();
try {
  const lines = Object.entries(stack.environment).map(([name, value]) => `${name}=${value}`);
  if (values.env !== undefined) writeFileSync(values.env, `${lines.join('\n')}\n`, { mode: 0o600 });
  console.log([...lines, `Mail inbox: ${stack.inbox.httpUrl}`, 'Ctrl-C ends everything.'].join('\n'));
  if (!ending.signal.aborted) await once(ending.signal, 'abort');
} finally {
  await stack.close();
}
