import { availableParallelism } from 'node:os';

/** @type {import('jest').Config} */
export default {
  testEnvironment: 'node',
  roots: ['<rootDir>/test'],
  extensionsToTreatAsEsm: ['.ts'],
  transform: {
    '^.+\\.ts$': [
      '@swc/jest',
      {
        jsc: { target: 'es2022', parser: { syntax: 'typescript' } },
        module: { type: 'es6' },
        sourceMaps: 'inline',
      },
    ],
  },
  // Not among the temporary files, which are gone after each run.
  cacheDirectory: '<rootDir>/.cache/jest',
  testMatch: ['<rootDir>/test/**/*.test.ts'],
  // For what hangs, not a measure of speed: other work may leave a test a tenth of a processor.
  testTimeout: 300_000,
  // Two for each core, because the long ones wait for a window to end and not for a processor. Not for ever more of
  // them: each may have a daemon with a Temporal of its own.
  maxWorkers: Math.min(8, 2 * availableParallelism()),
  // Tests that lean on one another's order fail here rather than at somebody else's.
  randomize: true,
  testSequencer: '<rootDir>/tools/jest/computing-first.mjs',
  setupFiles: ['<rootDir>/tools/jest/one-realm.mjs'],
  globalSetup: '<rootDir>/tools/jest/global-setup.mjs',
  reporters: ['default', '<rootDir>/tools/jest/counts-reporter.mjs'],
};
