import { readFile } from 'node:fs/promises';
import { describe, expect, test } from '@jest/globals';
import { countsLine, failureLines } from '../../tools/jest/counts-reporter.mjs';

describe('errors under Jest', () => {
  test("Node's own errors are errors", async () => {
    const error: unknown = await readFile('/absent').catch((caught: unknown) => caught);
    expect(error instanceof Error).toBe(true);
    expect(error instanceof TypeError).toBe(false);
    const invalid: unknown = await fetch('no url').catch((caught: unknown) => caught);
    expect(invalid instanceof TypeError).toBe(true);
    expect(AbortSignal.abort().reason instanceof Error).toBe(true);
  });

  test('classes of errors still tell themselves apart', () => {
    class Refused extends Error {}
    class Other extends Error {}
    expect(new Refused() instanceof Refused).toBe(true);
    expect(new Refused() instanceof Error).toBe(true);
    expect(new Other() instanceof Refused).toBe(false);
    expect(({ message: 'no error' } as unknown) instanceof Error).toBe(false);
    expect((null as unknown) instanceof Error).toBe(false);
  });
});

describe('the last line of a test run', () => {
  const none = {
    numPassedTests: 0,
    numFailedTests: 0,
    numRuntimeErrorTestSuites: 0,
    numPendingTests: 0,
    numTodoTests: 0,
  };

  test('counts', () => {
    expect(countsLine({ ...none, numPassedTests: 12, numFailedTests: 1 })).toBe('12 passed, 1 failed');
  });

  test('a file that did not load counts as a failure', () => {
    expect(countsLine({ ...none, numPassedTests: 12, numRuntimeErrorTestSuites: 2 })).toBe(
      '12 passed, 2 failed',
    );
  });

  test('what was skipped is said', () => {
    expect(countsLine({ ...none, numPassedTests: 1, numPendingTests: 2, numTodoTests: 1 })).toBe(
      '3 skipped\n1 passed, 0 failed',
    );
  });

  test('says before it what failed, and where', () => {
    const passed = { status: 'passed' as const, fullName: 'a gate opens', failureMessages: [] };
    const failed = {
      ...{ status: 'failed' as const, fullName: 'a gate closes' },
      failureMessages: ['\u001b[31mError: it stood open\u001b[39m\n    at gate.ts:1:1'],
    };
    const files = [
      { testFilePath: '/house/test/gate.test.ts', testResults: [passed, failed] },
      {
        testFilePath: '/house/test/lost.test.ts',
        testResults: [],
        testExecError: new Error('no such module'),
      },
    ];
    expect(failureLines(files as never, '/house')).toEqual([
      'FAILED: test/gate.test.ts: a gate closes: Error: it stood open',
      'FAILED: test/lost.test.ts: did not load',
    ]);
  });
});
