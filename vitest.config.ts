import { defineConfig } from 'vitest/config';

// What needs a real service. Everything else runs without one, in under a minute.
export const withServices = [
  'test/{integration,conformance,stack,browser}/**/*.test.ts',
  'test/connectors/{postgres,redis,redisStream,kafka,smtp}/**/*.test.ts',
];

export default defineConfig({
  test: {
    maxWorkers: 2,
    restoreMocks: true,
    projects: [
      {
        extends: true,
        test: { name: 'unit', include: ['test/**/*.test.ts'], exclude: withServices, testTimeout: 30_000 },
      },
      {
        extends: true,
        test: {
          name: 'integration',
          include: withServices,
          globalSetup: 'test/support/startServices.ts',
          setupFiles: 'test/support/atTheEnd.ts',
          testTimeout: 30_000,
          hookTimeout: 60_000,
        },
      },
    ],
  },
});
