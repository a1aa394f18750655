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
  testMatch: ['<rootDir>/test/**/*.test.ts'],
  testTimeout: 60_000,
  maxWorkers: 2,
  // Tests that lean on one another's order fail here rather than at somebody else's.
  randomize: true,
  setupFiles: ['<rootDir>/tools/jest/one-realm.mjs'],
  globalSetup: '<rootDir>/tools/jest/global-setup.mjs',
  reporters: ['default', '<rootDir>/tools/jest/counts-reporter.mjs'],
};
