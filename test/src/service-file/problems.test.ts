import { describe, expect, test } from '@jest/globals';
import { z } from 'zod';
import { fileProblems, renderProblems } from '../../../src/service-file/problems.ts';
import { changed, refusalOf, said, validText } from './make.ts';

const inEnvironment = 'environments.production';

describe('a wrong value', () => {
  test.each([
    [
      'apiVersion: sluice/v1',
      'apiVersion: sluice/v2',
      '1:13 apiVersion must be sluice/v1; found "sluice/v2"',
    ],
    ['apiVersion: sluice/v1\n', '', '1:1 apiVersion is missing → add it (version of this format)'],
    ['service: shop', 'service: Shop', '2:10 service must be 1 to 63 lower-case letters'],
    [
      'service: shop',
      'service: 12',
      '2:10 service must be a text; found the number 12 → put it in quotes: "12"',
    ],
    ['service: shop', 'service:', '2:1 service must be a text; found nothing'],
    ['A small shop', '"\\x1b[2J"', '3:14 description must not hold control characters; found "\\u{1b}[2J"'],
    [
      '[team-checkout]\nartifact',
      'team\nartifact',
      '4:9 owners must be a list, such as [a, b]; found "team"',
    ],
    ['[team-checkout]\nartifact', '[]\nartifact', '4:9 owners must be at least 1 long; found an empty list'],
    ['./releases', '""', '6:14 artifact.manifests must be at least 1 characters long'],
    [
      '{ practice: {} }\n    strategy',
      '{}\n    strategy',
      `9:13 ${inEnvironment}.target must have exactly one of: practice, haproxy, command`,
    ],
    [
      'noData: 30m',
      'noData: 30m\n    stuck: { then: page }',
      `${inEnvironment}.stuck.then pages nobody: say whom by`,
    ],
    ['[10, 50, 100]', '[10, 5, 100]', `${inEnvironment}.strategy.canary.steps must rise from step to step`],
    ['[10, 50, 100]', '[10, 50]', 'must end with 100, such as [10, 50, 100]'],
    ['[10, 50, 100]', '[10%, 100]', '.steps[0] must be a number; found "10%" → write it as 10'],
    ['[10, 50, 100]', '[0, 100]', '.steps[0] must be at least 1; found the number 0'],
    ['[10, 50, 100]', '[1.5, 100]', '.steps[0] must be a whole number; found the number 1.5'],
    ['watch: 15m', 'watch: 15', '.watch must be a duration from 1 s to 7 d, such as 500ms'],
    ['watch: 15m', 'watch: 9s', '.watch must be at least twice gates.every (5 s)'],
    [
      'canary: { steps: [10, 50, 100], watch: 15m, ready: 2m }',
      'feature-flag: { flag: new, deploy: { recreate: { watch: 9s } } }\n    flags: { flagd: { file: ./flags.json } }',
      '.feature-flag.deploy.recreate.watch must be at least twice gates.every (5 s)',
    ],
    [
      'max: 1%',
      'max: 1',
      '18:14 environments.production.gates.errors.max must be a percentage from 0.0001% to 100%',
    ],
    ['errors:\n        max: 1%', 'errors:', '17:7 environments.production.gates.errors must be a mapping'],
    [
      'then: ask',
      'then: rolback',
      'must be one of ask, rollback, promote; found "rolback" → did you mean rollback?',
    ],
    ['holdBack: 10%', 'holdBack: 60%', 'must be a percentage from 0% to 50%'],
    [
      'method: POST',
      'method: post',
      '.http.method must be one of GET, HEAD, POST, PUT, DELETE; found "post" → did you mean POST?',
    ],
    ['method: POST', 'method: GET', '.http.json can not be sent with GET: give method: POST'],
    ['path: /api/cart', 'path: //elsewhere/', 'must begin with one slash'],
    ['path: /api/cart', 'path: /\\elsewhere', 'must begin with one slash'],
    ['path: /api/cart', 'path: "/a\\r\\nhost: x"', 'must begin with one slash'],
    ['{ sku: tea }', '{ sku: .nan }', '.http.json must be plain data'],
    ['status: 201', 'status: 2', '.http.expect.status must be at least 100; found the number 2'],
    ['held: 24h', 'held: 24h\n    held: 12h', '23:5 environments.production.held stands here a second time'],
    [
      '  production:',
      '  Production 1:',
      '8:3 environments["Production 1"] is a key that must be 1 to 63 lower-case',
    ],
    ['deploy: [team-checkout]', 'deploy: []', 'access.deploy must be at least 1 long'],
  ])('%j → %j is refused with its place and the mend', (from, to, expected) => {
    expect(said(changed(from, to)).join('\n')).toContain(expected);
  });

  test('names the method of a HEAD whose answer has no body', () => {
    const text = changed(
      'method: POST, path: /api/cart, json: { sku: tea }, expect: { status: 201 }',
      'method: HEAD, path: /, expect: { body: x }',
    );
    expect(said(text).join()).toContain('expect.body can not be found: an answer to HEAD has no body');
  });

  test('leaves no environment out', () => {
    const many = Array.from(
      { length: 21 },
      (_, i) =>
        `\n  e${String(i)}: { target: { practice: {} }, strategy: { canary: {} }, gates: { errors: {} } }`,
    );
    const start = validText.slice(0, validText.indexOf('\n  production'));
    expect(said(`${start}${many.join('')}\n`).join()).toContain('must not declare more than 20 environments');
    expect(said(`${start} {}\n`).join()).toContain('environments must declare at least one environment');
  });
});

describe('an unknown key', () => {
  test.each([
    [
      'errors:\n',
      'erors:\n',
      '17:7 environments.production.gates.erors is unknown → did you mean errors? (known here: every, source, budget, errors, latency, saturation, custom, onInconclusive, holdBack, warmUp, history, window)',
    ],
    ['watch: 15m', 'wach: 15m', '.canary.wach is unknown → did you mean watch?'],
    [
      '{ practice: {} }\n    strategy',
      '{ kubernetes: {} }\n    strategy',
      '.target.kubernetes is unknown → known here: practice',
    ],
    [
      'practice: {} }\n      errors',
      'practice: { url: x } }\n      errors',
      '.practice.url is unknown → nothing may stand here',
    ],
    ['access:', 'constructor: 1\naccess:', '24:1 constructor is unknown'],
    ['deploy: [', 'view: [', 'access.view is unknown → known here: deploy, hold'],
    ['held: 24h', 'hel: 24h', '.hel is unknown → did you mean held?'],
  ])('%j → %j is refused with what was meant', (from, to, expected) => {
    expect(said(changed(from, to)).join('\n')).toContain(expected);
  });

  test('is one problem, not two, where a known one was misspelt', () => {
    expect(said(changed('errors:\n', 'erors:\n'))).toHaveLength(1);
    expect(said(changed('service: shop', 'servce: shop'))).toHaveLength(1);
  });
});

describe('problems', () => {
  const text = changed('errors:\n', 'erors:\n')
    .replace('service: shop', 'service: 7')
    .replace('watch: 15m', 'watch: soon');

  test('are told all at once, in the order of the text', () => {
    expect(said(text).map((line) => line.split(' ')[1])).toEqual([
      'service',
      `${inEnvironment}.strategy.canary.watch`,
      `${inEnvironment}.gates.erors`,
    ]);
    const error = refusalOf(text);
    expect(error?.code).toBe('SERVICE_FILE_INVALID');
    expect(error?.message).toBe('shop.yml:2:10: service must be a text; found the number 7 (and 2 more).');
    expect(error?.details).toMatchObject({ total: 3, service: '7' });
    expect(refusalOf(changed('errors:\n', 'erors:\n'))?.details).toMatchObject({ total: 1, service: 'shop' });
  });

  test('are plain JSON, and come back out of it', () => {
    const problem = refusalOf(text)?.toProblem();
    const wire = z.object({ details: z.record(z.string(), z.unknown()) });
    const parsed = wire.parse(JSON.parse(JSON.stringify(problem)));
    expect(fileProblems(parsed)).toHaveLength(3);
    expect(fileProblems({})).toEqual([]);
    expect(fileProblems({ details: { problems: 'none' } })).toEqual([]);
  });

  test('are rendered with the line and a caret', () => {
    const error = refusalOf(text);
    expect(error === null ? '' : renderProblems(fileProblems(error))).toMatchSnapshot();
  });

  test('of long and hostile lines fit a terminal and can not steer it', () => {
    const hostile = `service: "\\e]0;x\\a${'y'.repeat(5000)}\u202e\u200b"\n${'z'.repeat(300)}: 1\n`;
    const error = refusalOf(hostile);
    const shown = error === null ? '' : renderProblems(fileProblems(error));
    expect(shown).toContain('service must be');
    expect(shown).not.toMatch(/[\u0000-\u0009\u000b-\u001f\u007f-\u009f\u202e\u200b]/);
    for (const line of shown.split('\n')) expect(line.length).toBeLessThan(300);
  });

  test('put the caret under what is wrong, also far to the right', () => {
    const far = `owners: [${Array(12).fill('team-of-that-name').join(', ')}, TEAM]\n`;
    const error = refusalOf(far);
    const problem =
      error === null ? undefined : fileProblems(error).find(({ path }) => path === 'owners[12]');
    const { text: line, caret } = problem?.source ?? { text: '', caret: -1 };
    expect(line.slice(caret, caret + 4)).toBe('TEAM');
  });
});
