import { describe, expect, test } from '@jest/globals';
import { parseServiceFile } from '../../../src/service-file/read.ts';
import { validText, said } from './make.ts';

/** Only the practice service counts its requests itself. */
const scraped = validText
  .replace('source: { practice: {} }', 'source: { scrape: { url: "http://127.0.0.1:9102/metrics" } }')
  .replace('max: 1%', 'max: 1%\n        total: all{v="$version"}\n        bad: bad{v="$version"}');

const changed = (from: string, to: string): string => {
  if (!scraped.includes(from)) throw new Error(`"${from}" does not stand there`);
  return scraped.replace(from, () => to);
};

const programs = (...verbs: readonly string[]): string =>
  verbs.map((verb) => `        ${verb}: [./tool, ${verb}]\n`).join('');

const command = (verbs: string, strategy = 'canary: { watch: 15m }'): string =>
  changed(
    '{ practice: {} }\n    strategy:\n      canary: { steps: [10, 50, 100], watch: 15m, ready: 2m }',
    `\n      command:\n${verbs}    strategy:\n      ${strategy}`,
  );

const always = programs('observe', 'deploy', 'promote', 'retire');

describe('a command target', () => {
  test('that can do what the strategy asks is accepted', () => {
    expect(said(command(always + programs('shift', 'address')))).toEqual([]);
    expect(said(command(always + programs('scale', 'address'), 'rolling: {}'))).toEqual([]);
  });

  test.each([
    ['canary: {}', 'has no `shift`, which canary needs: give it one, or choose recreate or rolling'],
    ['blue-green: {}', 'has no `shift`, which blue-green needs'],
    ['rolling: {}', 'has no `scale`, which rolling needs: give it one, or choose blue-green or canary'],
    ['recreate: {}', 'has no `scale`, which recreate needs'],
  ])('that can not, with %s, is refused at its line', (strategy, message) => {
    const [problem, ...others] = said(command(always + programs('address'), strategy));
    expect(problem).toContain('11:9 environments.production.target.command');
    expect(problem).toContain(message);
    expect(others).toEqual([]);
  });

  test('without address can not be smoke-tested', () => {
    expect(said(command(always + programs('shift'))).join('\n')).toContain(
      'has no `address`, which smoke tests need: give it one, or say smoke: []',
    );
  });

  test.each([
    ['observe: [./tool, observe]', 'observe: ./tool observe', '.observe must be a list'],
    [
      'observe: [./tool, observe]',
      'observe: ["./{service}"]',
      '.observe[0] must be a program, without {service}',
    ],
    [
      'observe: [./tool, observe]',
      'observe: [./tool, "{version}"]',
      '.observe[1] has no value for {version}; it may hold {service} {environment}',
    ],
    [
      'observe: [./tool, observe]',
      'observe: [./tool, "a\\0b"]',
      '.observe[1] must not hold control characters',
    ],
    [
      'observe: [./tool, observe]',
      'observe: [./tool]\n        env: { TOKEN: secret }',
      '.env.TOKEN must say where the secret is',
    ],
  ])('with %s as %s is refused', (from, to, message) => {
    const text = command(always + programs('shift', 'address'));
    expect(text).toContain(from);
    expect(said(text.replace(from, () => to)).join('\n')).toContain(message);
  });
});

test('the paths of a target begin at the file', () => {
  const text = changed(
    'target: { practice: {} }',
    'target: { haproxy: { socket: run/a.sock, backend: shop, state: ./state, start: [./start], stop: [./stop] } }',
  );
  const { file } = parseServiceFile(text, '/srv/services/shop.yml');
  expect(file.environments['production']?.target.haproxy).toMatchObject({
    socket: '/srv/services/run/a.sock',
    state: '/srv/services/state',
    directory: '/srv/services',
    start: ['./start'],
  });
});

test('only the practice service counts its requests itself', () => {
  const target = 'target: { haproxy: { socket: a, backend: b, state: s, start: [x], stop: [x] } }';
  expect(said(validText.replace('target: { practice: {} }', target)).join('\n')).toContain(
    'gates.source must be prometheus or scrape',
  );
});
