import { describe, expect, test } from '@jest/globals';
import { SluiceError } from '../../../../runbooks/errors.ts';
import { parseServiceFile } from '../../../../src/service-file/read.ts';
import { changed, validText } from '../make.ts';
import { organisationOf, readBeside, refusedBeside, wrongWith } from './make.ts';

const floors = `floors:
  environments:
    '*': { strategy: { watch: 10m }, gates: { errors: { max: 1% } } }
    production:
      rollback: { keepWarm: 30m }
      approval: { by: [managers], count: 2 }
`;
const production = (file: string, service?: string) =>
  readBeside(file, service).file.environments['production'];

describe('floors', () => {
  test('that are kept change nothing but what nobody said', () => {
    const alone = parseServiceFile(validText, 'shop.yml').file.environments['production'];
    expect(production(floors)).toEqual({
      ...alone,
      smoke: alone?.smoke,
      approval: { by: ['managers'], count: 2, expires: 14_400_000, self: false },
    });
  });

  test('that are loosened are told at once, each with its line, its place, the line of the floor and the mend', () => {
    const loose = changed('watch: 15m', 'watch: 5m')
      .replace('max: 1%', 'max: 3%')
      .replace('keepWarm: 1h', 'keepWarm: 10m')
      .replace('held: 24h', 'held: 24h\n    approval: { by: [managers, everybody], count: 1 }');
    const mend = 'tighten it, or leave it out: the floor stands in sluice.yml';
    expect(refusedBeside(floors, loose)).toEqual([
      `shop.yml:11 environments.production.strategy.canary.watch must be at least 10m; found "5m" → ${mend}:4`,
      `shop.yml:18 environments.production.gates.errors.max must be at most 1%; found "3%" → ${mend}:4`,
      `shop.yml:21 environments.production.rollback.keepWarm must be at least 30m; found "10m" → ${mend}:6`,
      `shop.yml:23 environments.production.approval.by may name none but managers; found a list of 2 → ${mend}:7`,
      `shop.yml:23 environments.production.approval.count must be at least 2; found the number 1 → ${mend}:7`,
    ]);
  });

  test('stand beside what is wrong anyway', () => {
    const loose = changed('watch: 15m', 'watch: 5m').replace('errors:\n', 'erors:\n');
    expect(refusedBeside(floors, loose).map((line) => line.split(' ')[0])).toEqual([
      'shop.yml:11',
      'shop.yml:17',
    ]);
  });

  test('show an objective that stands for a looser limit at its line', () => {
    expect(refusedBeside(floors, changed('max: 1%', 'slo: 99%')).join('\n')).toContain(
      'shop.yml:18 environments.production.gates.errors.max must be at most 1%; found "10%", which slo stands for',
    );
  });

  test('that ask for a block say so where it can not be made', () => {
    const [problem = '', ...more] = refusedBeside(
      `floors: { environments: { '*': { approval: { count: 2 } } } }`,
    );
    expect(problem).toContain('shop.yml:8 environments.production.approval.by is missing → add it');
    expect(problem).toContain('sluice.yml:2 asks for it');
    expect(more).toEqual([]);
  });

  test('ask for smoke tests, which nobody can make up', () => {
    const two = `floors: { environments: { '*': { smoke: 2 } } }`;
    expect(refusedBeside(two).join('\n')).toContain('smoke must be a list of at least 2; found a list of 1');
    const none = validText.replace(/ {4}smoke:\n.*\n/, '');
    expect(refusedBeside(two, none)[0]).toContain('shop.yml:8 environments.production.smoke must be a list');
  });

  test('do not stop a way back; lists do, but never break-glass', () => {
    const organisation = organisationOf(`${floors}  hosts: []\n  secrets: []\n`);
    const loose = changed('keepWarm: 1h', 'keepWarm: 10m');
    const back = parseServiceFile(loose, 'shop.yml', organisation, 'lists');
    expect(back.file.environments['production']?.rollback.keepWarm).toBe(600_000);
    const page = loose.replace('held: 24h', 'page: { pagerduty: { routingKey: env:PD } }');
    expect(() => parseServiceFile(page, 'shop.yml', organisation, 'lists')).toThrow(SluiceError);
    expect(parseServiceFile(page, 'shop.yml', organisation, 'nothing').file.service).toBe('shop');
  });
});

describe('a file of an organisation', () => {
  test('that contradicts itself is refused where its defaults stand', () => {
    expect(
      wrongWith(`apiVersion: sluice/v1
defaults:
  environments:
    '*':
      strategy: { canary: { watch: 5m } }
      gates: { source: { scrape: { url: 'http://elsewhere/metrics' } } }
    live: { held: 2d, page: { pagerduty: { routingKey: env:OTHER } } }
floors:
  hosts: [prometheus.example.com, 999.1.1.1]
  secrets: ['env:{SERVICE}_*', env:PD]
  environments:
    '*': { held: 24h }
    live: { strategy: { watch: 10m } }
    test: { freeze: { windows: [{ cron: 0 25 * * *, for: 1h, reason: x, zone: Nowhere/At }] } }
`),
    ).toEqual([
      'sluice.yml:5 defaults.environments["*"].strategy.canary.watch must be at least 10m; found "5m" → tighten it: the floor stands in sluice.yml:13',
      'sluice.yml:6 defaults.environments["*"].gates.source.scrape.url names a host that no service may have asked; found "http://elsewhere/metrics" → put it on the list in sluice.yml:9, or take it out here',
      'sluice.yml:7 defaults.environments.live.held must be at most 24h; found "2d" → tighten it: the floor stands in sluice.yml:12',
      'sluice.yml:9 floors.hosts[1] is no host that could be asked; found "999.1.1.1" → write a name, or an address such as 10.0.0.7 or [fd00::7]',
      expect.stringContaining(
        'sluice.yml:14 floors.environments.test.freeze.windows[0].cron is no cron line',
      ),
      expect.stringContaining(
        'sluice.yml:14 floors.environments.test.freeze.windows[0].zone must be a time zone',
      ),
    ]);
  });

  test.each([
    ['nothing', '', '1  holds nothing'],
    ['no YAML', 'apiVersion: [', 'is no YAML here'],
    ['a service', validText, 'service is unknown → known here: apiVersion, defaults, floors'],
    ['another format', 'apiVersion: sluice/v2\n', 'apiVersion must be sluice/v1'],
    ['a key that is close', 'apiVersion: sluice/v1\nfloor: {}\n', 'floor is unknown → did you mean floors?'],
    [
      'a default of no service file',
      "apiVersion: sluice/v1\ndefaults: { environments: { '*': { rollback: { keepwarm: 1h } } } }\n",
      'defaults.environments["*"].rollback.keepwarm is unknown → did you mean keepWarm?',
    ],
    [
      'a default of another unit',
      "apiVersion: sluice/v1\ndefaults: { environments: { '*': { held: 24 } } }\n",
      'must be a duration from 1 s to 30 d',
    ],
    [
      'the name of a service as a default',
      'apiVersion: sluice/v1\ndefaults: { service: shop }\n',
      'defaults.service is unknown',
    ],
    [
      'a floor that is no floor',
      "apiVersion: sluice/v1\nfloors: { environments: { '*': { approval: { self: true } } } }\n",
      'self must be false; found true',
    ],
    [
      'an environment of no name',
      'apiVersion: sluice/v1\nfloors: { environments: { "Prod*": {} } }\n',
      'is a key that must be the name of an environment, or "*" for all of them',
    ],
    [
      'a host with a path',
      'apiVersion: sluice/v1\nfloors: { hosts: [example.com/x] }\n',
      'must be a host such as',
    ],
    [
      'a host with a user',
      'apiVersion: sluice/v1\nfloors: { hosts: [u@example.com] }\n',
      'must be a host such as',
    ],
    ['a star for a secret', 'apiVersion: sluice/v1\nfloors: { secrets: ["env:*"] }\n', 'must be env:NAME'],
    [
      'a pattern for a program',
      'apiVersion: sluice/v1\nfloors: { programs: ["./*"] }\n',
      'must be a name such as',
    ],
  ])('that holds %s is refused', (_, text, expected) => {
    expect(wrongWith(text).join('\n')).toContain(expected);
  });

  test('may give any part of a service file, without its other parts', () => {
    expect(
      wrongWith(`apiVersion: sluice/v1
defaults:
  environments:
    '*': { approval: { count: 2 }, gates: { latency: { p99: 1s }, errors: { total: x } }, stuck: { then: page } }
    live: { target: { haproxy: { backend: a } }, migrations: { within: 1h } }
`),
    ).toEqual([]);
  });
});
