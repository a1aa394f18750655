import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { SluiceError } from '../../../../runbooks/errors.ts';
import { parseOrganisation } from '../../../../src/service-file/organisation/read.ts';
import { fileProblems, renderProblems } from '../../../../src/service-file/problems.ts';
import { parseServiceFile } from '../../../../src/service-file/read.ts';
import { validText } from '../make.ts';

const unsafe = /[\u0000-\u0009\u000b-\u001f\u007f-\u009f\u202a-\u202e\u2066-\u2069]/;

const harmless = (error: SluiceError): void => {
  const problems = fileProblems(error);
  expect(problems.length).toBeGreaterThan(0);
  for (const { line, column, message } of problems) {
    expect(line).toBeGreaterThanOrEqual(1);
    expect(column).toBeGreaterThanOrEqual(1);
    expect(message).not.toBe('');
  }
  expect(error.message).not.toMatch(unsafe);
  expect(renderProblems(problems)).not.toMatch(unsafe);
  expect(JSON.stringify(error.toProblem()).length).toBeLessThan(120_000);
};

/** Accepted or refused in the way that every face can show, and so is a service beside it, in each way it is read. */
const holds = (text: string | Uint8Array, service = validText): boolean => {
  const { organisation, error } = parseOrganisation(text, 'sluice.yml');
  if (error !== null) {
    expect(error.code).toBe('ORGANISATION_FILE_INVALID');
    harmless(error);
  }
  for (const holding of ['floors', 'lists', 'nothing'] as const) {
    try {
      parseServiceFile(service, 'shop.yml', organisation, holding);
    } catch (refusal) {
      if (!(refusal instanceof SluiceError)) throw refusal;
      expect(refusal.code).toBe('SERVICE_FILE_INVALID');
      harmless(refusal);
    }
  }
  return error === null;
};

const valid = `apiVersion: sluice/v1
defaults:
  owners: [platform]
  environments:
    '*':
      strategy: { canary: { watch: 20m } }
      gates: { errors: { slo: 99.9% }, latency: { p95: 300ms } }
    production: { approval: { by: [managers] }, held: 2h }
floors:
  secrets: ['env:{SERVICE}_*', 'file:/run/secrets/{service}/']
  programs: [./tools/, kubectl]
  hosts: ['*.example.com', '10.0.0.1:9090']
  environments:
    '*': { strategy: { among: [canary], watch: 10m }, gates: { errors: { max: 1% } } }
    production: { approval: { count: 2, self: false }, smoke: 1 }
`;

const pieces = [
  ...[': ', '- ', '\n', '\n  ', '[', ']', '{', '}', ',', '"', "'", '|', '&a ', '*a', '!x ', '? ', '#'],
  ...['---\n', '<<: ', '\\', '\u0000', '\u2028', '\ud800', '~', '.nan', '"*"', "'*'", 'defaults', 'floors'],
  ...[
    'environments',
    'approval',
    'hosts',
    'secrets',
    'programs',
    'strategy',
    'gates',
    '__proto__',
    'constructor',
  ],
  ...['env:X', 'file:/', '{service}', '*.', '1%', '15m', 'apiVersion: sluice/v1'],
] as const;
const anyPieces = fc
  .array(fc.oneof(fc.constantFrom(...pieces), fc.string({ unit: 'binary', maxLength: 4 })), { maxLength: 60 })
  .map((parts) => parts.join(''));

describe('hostile files of an organisation', () => {
  test('the one they are made of is accepted', () => {
    expect(holds(valid)).toBe(true);
    // What a floor says is told to whoever loosens it.
    expect(holds(valid.replace('among: [canary]', 'among: ["\\0\\u202e"]'))).toBe(false);
  });

  test('of any bytes, and of pieces of YAML, are accepted or refused', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 2000 }), (bytes) => void holds(bytes)),
      { numRuns: 60 },
    );
    fc.assert(
      fc.property(anyPieces, (text) => void holds(text)),
      { numRuns: 150 },
    );
  });

  test('made of a valid one by cutting and putting in are accepted or refused', () => {
    const refused = { count: 0 };
    fc.assert(
      fc.property(
        fc.array(fc.tuple(fc.nat({ max: valid.length }), fc.nat({ max: 12 }), anyPieces), {
          minLength: 1,
          maxLength: 3,
        }),
        (cuts) => {
          const text = cuts.reduce(
            (before, [at, gone, put]) => before.slice(0, at) + put.slice(0, 40) + before.slice(at + gone),
            valid,
          );
          if (!holds(text)) refused.count += 1;
        },
      ),
      { numRuns: 150 },
    );
    expect(refused.count).toBeGreaterThan(30);
  });

  test('with any value in any place are accepted or refused', () => {
    const values = [...valid.matchAll(/(?<=[:[ ] )[^\s{}[\],]+|(?<=\[)[^\s{}[\],]+/g)];
    expect(values.length).toBeGreaterThan(20);
    fc.assert(
      fc.property(
        fc.constantFrom(...values),
        fc.oneof(fc.string({ unit: 'binary' }), fc.string({ maxLength: 2000 }), fc.jsonValue()),
        (found, value) => {
          const put = JSON.stringify(value);
          holds(valid.slice(0, found.index) + put + valid.slice(found.index + found[0].length));
        },
      ),
      { numRuns: 150 },
    );
  });

  const many = (count: number, row: (i: number) => string): string =>
    Array.from({ length: count }, (_, i) => row(i)).join(',');
  test.each([
    [
      'environments',
      `apiVersion: sluice/v1\ndefaults: { environments: {${many(4000, (i) => `e${String(i)}: {}`)}} }\n`,
    ],
    [
      'floors',
      `apiVersion: sluice/v1\nfloors: { environments: {${many(4000, (i) => `e${String(i)}: {}`)}} }\n`,
    ],
    ['hosts', `apiVersion: sluice/v1\nfloors: { hosts: [${many(4000, (i) => `h${String(i)}.example`)}] }\n`],
    ['brackets', `apiVersion: sluice/v1\ndefaults: ${'['.repeat(60_000)}`],
    ['mappings', `apiVersion: sluice/v1\ndefaults: ${'{a: '.repeat(16_000)}`],
    ['a long host', `apiVersion: sluice/v1\nfloors: { hosts: [${'a.'.repeat(30_000)}a] }\n`],
    ['a long path', `apiVersion: sluice/v1\nfloors: { secrets: ['file:${'/..'.repeat(20_000)}'] }\n`],
  ])('made to take long, of %s, are answered', (_, text) => {
    holds(text);
  });

  test('beside services made to take long are answered', () => {
    const urls = many(1500, (i) => `"http://h${String(i)}"`);
    holds(valid, validText.replace('source: { practice: {} }', `source: { scrape: { urls: [${urls}] } }`));
    holds(
      valid,
      validText.replace(
        'environments:\n',
        `environments:\n${Array.from({ length: 1000 }, (_, i) => `  e${String(i)}: {}\n`).join('')}`,
      ),
    );
  });
});
