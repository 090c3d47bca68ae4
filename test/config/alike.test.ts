import { describe, expect, it } from 'vitest';
import { alike } from '../../config/alike.ts';

const names = ['admin.port', 'database.url', 'redis.url', 'jobs.leaseMs'];

describe('alike', () => {
  it.each([
    ['admin.prot', 'admin.port'],
    ['databse.urls', 'database.url'],
    ['JOBS.leaseM', 'jobs.leaseMs'],
    ['leaseMs', 'jobs.leaseMs'],
    ['url', 'database.url or redis.url'],
  ])('takes %s for %s', (given, meant) => {
    expect(alike(given, names)).toBe(meant);
  });

  it.each(['', 'lease', 'colour.of.the.sky'])('takes "%s" for nothing', (given) => {
    expect(alike(given, names)).toBeUndefined();
  });
});
