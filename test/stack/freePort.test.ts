import { expect, it } from 'vitest';
import { freePort } from '../../stack/freePort.ts';

it('finds ports below those that systems give to outgoing connections', async () => {
  const ports = await Promise.all(Array.from({ length: 20 }, () => freePort()));
  for (const port of ports) expect(port).toSatisfy((one: number) => one >= 20_000 && one < 32_000);
});
