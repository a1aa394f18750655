import { describe, expect, test } from '@jest/globals';
import { readFile } from 'node:fs/promises';
import { errorTable, isErrorCode, SluiceError } from '../../runbooks/errors.ts';

const page = await readFile(new URL('../../docs/errors.md', import.meta.url), 'utf8');

/** Cells of the page's rows: code, meaning, what to do, try again, HTTP, exit. */
const rows = page
  .split('\n')
  .filter((line) => line.startsWith('| `'))
  .map((line) =>
    line
      .split('|')
      .slice(1, -1)
      .map((cell) => cell.trim()),
  );

describe('docs/errors.md', () => {
  test('has a row for every code and says of it what the table says', () => {
    const found = rows.map(([code, meaning, , again, status, exit]) => [code, meaning, again, status, exit]);
    const wanted = Object.entries(errorTable).map(([code, { says, retryable, status, exit }]) => [
      `\`${code}\``,
      says,
      retryable ? 'yes' : 'no',
      String(status),
      String(exit),
    ]);
    expect(found).toEqual(wanted);
  });

  test('says of every code what to do', () => {
    for (const [code, , mend] of rows)
      expect([code, mend]).toEqual([code, expect.stringMatching(/^.{8,}\.$/)]);
  });
});

describe('the table of errors', () => {
  test.each(Object.entries(errorTable))('%s has an HTTP status, an exit code and a sentence', (code, row) => {
    expect(code).toMatch(/^[A-Z]+(_[A-Z]+)*$/);
    expect(row.says).toMatch(/^[A-Z].*\.$/);
    expect(row.status).toBeGreaterThanOrEqual(200);
    expect(row.status).toBeLessThan(600);
    // Codes of the CLI, and the one of a daemon whose settings are wrong.
    expect([0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 78]).toContain(row.exit);
  });

  test('knows its own codes only', () => {
    expect(isErrorCode('ROLLOUT_LOCKED')).toBe(true);
    for (const text of ['', 'NOPE', 'constructor', 'toString', '__proto__'])
      expect(isErrorCode(text)).toBe(false);
  });
});

describe('a SluiceError', () => {
  test('is its problem again', () => {
    const problem = { code: 'USAGE', message: 'm', hint: 'h', details: { a: 1 } } as const;
    expect(new SluiceError(problem).toProblem()).toEqual(problem);
    expect(new SluiceError({ code: 'USAGE', message: 'm' }).toProblem()).toEqual({
      code: 'USAGE',
      message: 'm',
    });
  });

  test('keeps what caused it', () => {
    const cause = new Error('why');
    const error = new SluiceError({ code: 'INTERNAL', message: 'm' }, { cause });
    expect([error.name, error.message, error.cause]).toEqual(['SluiceError', 'm', cause]);
  });
});
