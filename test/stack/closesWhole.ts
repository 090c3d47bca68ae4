import { existsSync } from 'node:fs';
import { dirname } from 'node:path';
import { expect } from 'vitest';
import type { Service } from '../../stack/service.ts';

/** Closes a service, and expects that neither its process nor its folder is left. */
export async function closesWhole(server: Service): Promise<void> {
  const { pid = 0 } = server;
  const folder = dirname(server.logFile);
  expect(existsSync(folder)).toBe(true);
  await server.close();
  expect(existsSync(folder)).toBe(false);
  expect(() => process.kill(pid, 0)).toThrow('ESRCH');
}
