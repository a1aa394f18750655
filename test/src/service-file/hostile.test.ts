import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { fileProblems, renderProblems } from '../../../src/service-file/problems.ts';
import { refusalOf, validText } from './make.ts';

/** Far more than any text of 64 KiB needs on a slow machine; an expression that backtracks would need hours. */
const patienceMs = 10_000;

/** Accepted, or refused in the way that every face can show: with a place, in bounded size, harmless to a terminal. */
const holds = (text: string | Uint8Array): boolean => {
  const begun = performance.now();
  const error = refusalOf(text);
  expect(performance.now() - begun).toBeLessThan(patienceMs);
  if (error === null) return true;
  expect(error.code).toBe('SERVICE_FILE_INVALID');
  const problems = fileProblems(error);
  expect(problems.length).toBeGreaterThan(0);
  expect(Number(error.details?.['total'])).toBeGreaterThanOrEqual(problems.length);
  const lines = (typeof text === 'string' ? text : Buffer.from(text).toString('utf8')).split('\n').length;
  for (const { line, column, message } of problems) {
    expect(line).toBeGreaterThanOrEqual(1);
    expect(line).toBeLessThanOrEqual(lines);
    expect(column).toBeGreaterThanOrEqual(1);
    expect(message).not.toBe('');
  }
  expect(error.message).not.toMatch(unsafe);
  expect(renderProblems(problems)).not.toMatch(unsafe);
  expect(JSON.stringify(error.toProblem()).length).toBeLessThan(120_000);
  return false;
};

// Everything but the line feed that a terminal would act upon.
const unsafe = /[\u0000-\u0009\u000b-\u001f\u007f-\u009f\u202a-\u202e\u2066-\u2069]/;

/** Pieces that mean something in YAML or in a service file, so that random texts come to where the code is. */
const pieces = [
  ': ',
  '- ',
  '\n',
  '\n  ',
  '\n\t',
  '  ',
  '[',
  ']',
  '{',
  '}',
  ',',
  '"',
  "'",
  '|',
  '>',
  '&a ',
  '*a',
  '!x ',
  '!!str ',
  '? ',
  '#',
  '%YAML 1.1\n',
  '---\n',
  '...\n',
  '<<: ',
  '\\',
  '\\u0000',
  '\ufeff',
  '\u0000',
  '\u2028',
  '\ud800',
  '\r',
  '~',
  '.nan',
  '0x',
  '1e999',
  'service',
  'environments',
  'apiVersion: sluice/v1',
  'canary',
  'steps: [10]',
  'gates',
  'errors',
  'json',
  '__proto__',
  'constructor',
  '1%',
  '15m',
] as const;

const anyPieces = fc
  .array(fc.oneof(fc.constantFrom(...pieces), fc.string({ unit: 'binary', maxLength: 4 })), { maxLength: 80 })
  .map((parts) => parts.join(''));

describe('hostile texts', () => {
  test('of any bytes are accepted or refused', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 3000 }), (bytes) => void holds(bytes)),
      { numRuns: 300 },
    );
  });

  test('of pieces of YAML are accepted or refused', () => {
    fc.assert(
      fc.property(anyPieces, (text) => void holds(text)),
      { numRuns: 2000 },
    );
  });

  test('made of a valid one by cutting and putting in are accepted or refused', () => {
    const refused = { count: 0 };
    fc.assert(
      fc.property(
        fc.array(fc.tuple(fc.nat({ max: validText.length }), fc.nat({ max: 12 }), anyPieces), {
          minLength: 1,
          maxLength: 3,
        }),
        (cuts) => {
          const text = cuts.reduce(
            (before, [at, gone, put]) => before.slice(0, at) + put.slice(0, 40) + before.slice(at + gone),
            validText,
          );
          if (!holds(text)) refused.count += 1;
        },
      ),
      { numRuns: 1000 },
    );
    expect(refused.count).toBeGreaterThan(100);
  });

  test('in any value are accepted or refused', () => {
    const values = [...validText.matchAll(/(?<=[:[ ] )[^\s{}[\],]+|(?<=\[)[^\s{}[\],]+/g)];
    expect(values.length).toBeGreaterThan(25);
    fc.assert(
      fc.property(
        fc.constantFrom(...values),
        fc.oneof(
          fc.string({ unit: 'binary' }),
          fc.string({ maxLength: 3000 }),
          fc.constantFrom('../../etc/passwd', '$(id)', '{{x}}'),
        ),
        (found, value) => {
          const put = JSON.stringify(value);
          holds(validText.slice(0, found.index) + put + validText.slice(found.index + found[0].length));
        },
      ),
      { numRuns: 600 },
    );
  });
});

const most = 65_000;
const fill = (piece: string): string => piece.repeat(Math.floor(most / piece.length));
const within = (value: string): string => validText.replace('A small shop', () => value);

describe('texts made to take long', () => {
  test.each([
    ['brackets', fill('[')],
    ['braces', fill('{a: ')],
    ['both', fill('[{a: ')],
    ['dashes', fill('- ')],
    ['questions', fill('? ')],
    ['anchors', fill('&a ')],
    ['aliases', fill('*a ')],
    ['tags', fill('!a ')],
    ['exclamation marks', fill('!')],
    ['quotes', fill('"')],
    ['backslashes', `"${fill('\\\\')}"`],
    ['colons', fill(': ')],
    ['percent signs', fill('%a\n')],
    ['documents', fill('---\n')],
    ['line feeds', `${fill('\n')}[`],
    ['blanks', `${fill(' ')}a: 1`],
    ['one long line', `a: ${fill('b')}`],
    ['a folded text', `a: >\n${fill(' b\n\n')}`],
    ['a plain text of many lines', `a: ${fill('b\n ')}`],
    ['unknown keys', Array.from({ length: 8000 }, (_, i) => `k${String(i)}: `).join('\n')],
    ['one key again and again', fill('a: 1\n')],
    ['keys close to known ones', fill('servic: 1\n')],
    ['wrong values', `owners: [${fill('A,')}]`],
    [
      'environments',
      `environments: {${Array.from({ length: 6000 }, (_, i) => `e${String(i)}: 1`).join(',')}}`,
    ],
    ['a duration', within('x').replace('15m', `"${'9'.repeat(60_000)}m"`)],
    ['a percentage', within('x').replace('1%', `"${'9'.repeat(60_000)} %"`)],
    ['a name', within('x').replace('service: shop', `service: ${'a-'.repeat(30_000)}`)],
    ['a path', within('x').replace('/api/cart', `/${'a'.repeat(60_000)}`)],
    ['numbers', `owners: [${fill('9')}]`],
    ['smoke json', within('x').replace('{ sku: tea }', `[${fill('.nan,').slice(0, 60_000)}1]`)],
  ])('of %s are answered', (_, text) => {
    expect(Buffer.byteLength(text)).toBeLessThanOrEqual(65_536);
    expect(holds(text)).toBe(false);
  });
});
