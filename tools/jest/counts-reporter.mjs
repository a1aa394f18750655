// The last lines of every test run: what failed, a line each, and `N passed, N failed`. `.ci/run` adds up the one and
// repeats the others, because what is read of a long log is its end.

import { writeSync } from 'node:fs';
import { relative } from 'node:path';
import { stripVTControlCharacters } from 'node:util';

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

/**
 * @param {readonly Pick<import('@jest/reporters').TestResult, 'testFilePath' | 'testExecError' | 'testResults'>[]} files
 * @param {string} root
 * @returns {readonly string[]}
 */
export function failureLines(files, root) {
  return files.flatMap(({ testFilePath, testExecError, testResults }) => {
    const file = relative(root, testFilePath);
    const failed = testResults.filter(({ status }) => status === 'failed');
    const lines = failed.map(({ fullName, failureMessages }) => {
      const [first = ''] = stripVTControlCharacters(failureMessages[0] ?? '').split('\n');
      return `FAILED: ${file}: ${fullName}: ${first}`;
    });
    return testExecError === undefined ? lines : [...lines, `FAILED: ${file}: did not load`];
  });
}

/** @implements {Pick<import('@jest/reporters').Reporter, 'onRunComplete'>} */
export default class CountsReporter {
  /**
   * @param {unknown} _contexts
   * @param {import('@jest/reporters').AggregatedResult} results
   */
  onRunComplete(_contexts, results) {
    // At the exit, because Jest prints its own summary after every other reporter.
    const lines = [...failureLines(results.testResults, process.cwd()), countsLine(results)];
    process.once('exit', () => writeSync(process.stderr.fd, `${lines.join('\n')}\n`));
  }
}
