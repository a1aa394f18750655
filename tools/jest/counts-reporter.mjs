// The last line of every test run: `N passed, N failed`, which `.ci/run` adds up.

import { writeSync } from 'node:fs';

/**
 * A test file that didn't even load has no tests to count, and must not pass for that.
 *
 * @param {Pick<import('@jest/reporters').AggregatedResult, 'numPassedTests' | 'numFailedTests' | 'numRuntimeErrorTestSuites' | 'numPendingTests' | 'numTodoTests'>} results
 */
export function countsLine(results) {
  const failed = results.numFailedTests + results.numRuntimeErrorTestSuites;
  const skipped = results.numPendingTests + results.numTodoTests;
  const counts = `${results.numPassedTests} passed, ${failed} failed`;
  return skipped === 0 ? counts : `${skipped} skipped\n${counts}`;
}

/** @implements {Pick<import('@jest/reporters').Reporter, 'onRunComplete'>} */
export default class CountsReporter {
  /**
   * @param {unknown} _contexts
   * @param {import('@jest/reporters').AggregatedResult} results
   */
  onRunComplete(_contexts, results) {
    // At the exit, because Jest prints its own summary after every other reporter.
    process.once('exit', () => writeSync(process.stderr.fd, `${countsLine(results)}\n`));
  }
}
