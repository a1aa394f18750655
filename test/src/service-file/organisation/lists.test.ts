import { describe, expect, test } from '@jest/globals';
import { hostsAllowed } from '../../../../src/service-file/organisation/hosts.ts';
import { changed, validText } from '../make.ts';
import { readBeside, refusedBeside } from './make.ts';

describe('a host', () => {
  test.each([
    ['prometheus.example.com', 'http://prometheus.example.com:9090/x', true],
    ['prometheus.example.com', 'https://PROMETHEUS.example.com', true],
    ['prometheus.example.com', 'https://prometheus.example.com.', true],
    ['prometheus.example.com', 'http://prometheus.example.com.evil.net', false],
    ['prometheus.example.com', 'http://evilprometheus.example.com', false],
    ['prometheus.example.com', 'http://prometheus.example.com@evil.net/', false],
    ['prometheus.example.com', 'http://evil.net/prometheus.example.com', false],
    ['prometheus.example.com', 'http://evil.net#@prometheus.example.com', false],
    ['prometheus.example.com', 'http://evil.net\\@prometheus.example.com', false],
    ['prometheus.example.com', 'http://sub.prometheus.example.com', false],
    ['*.example.com', 'http://a.b.example.com', true],
    ['*.example.com', 'http://example.com', false],
    ['*.example.com', 'http://badexample.com', false],
    ['*.example.com', 'http://shop-$version.example.com:9102/metrics', true],
    ['*.example.com', 'http://example.com.$version', false],
    ['shop-$version', 'http://shop-$version:9102/metrics', true],
    ['shop', 'http://shop-$version:9102/metrics', false],
    ['registry:5000', 'https://registry:5000', true],
    ['registry:5000', 'https://registry', false],
    ['registry:443', 'https://registry', true],
    ['registry:443', 'http://registry', false],
    ['127.0.0.1', 'http://0x7f.1:9090', true],
    ['127.0.0.1', 'http://2130706433/', true],
    ['10.0.0.1', 'http://10.0.0.10', false],
    ['[fd00::7]', 'http://[FD00:0::7]:9090', true],
    ['[fd00::7]', 'http://[fd00::8]', false],
    ['bücher.example', 'http://xn--bcher-kva.example', true],
    ['prometheus.example.com', 'http://[broken', false],
    ['prometheus.example.com', 'http://prometheus.example.com:$version', false],
  ])('%s allows %s: %p', (entry, address, allowed) => {
    expect(hostsAllowed([entry])(address)).toBe(allowed);
    expect(hostsAllowed([])(address)).toBe(false);
  });
});

const lists = `floors:
  secrets: ['env:{SERVICE}_*', 'file:/run/secrets/{service}/']
  programs: [kubectl, ./tools/]
  hosts: [metrics.example.com, registry.example.com]
`;

/** A service on a command target, with everything that lists look at. */
const outside = changed(
  'target: { practice: {} }',
  `target:
      command:
        observe: [kubectl, get]
        deploy: [./tools/deploy]
        shift: [tools/shift]
        promote: [./tools/../tools/promote]
        retire: [./tools/retire]
        address: [./tools/address]
        env: { TOKEN: env:SHOP_TOKEN }`,
)
  .replace('source: { practice: {} }', 'source: { prometheus: { url: "https://metrics.example.com/prom" } }')
  .replace('max: 1%', 'max: 1%\n        total: all{v="$version"}\n        bad: bad{v="$version"}')
  .replace(
    '  manifests: ./releases',
    '  image: registry.example.com/shop/shop\n  auth: { bearer: file:/run/secrets/shop/registry }',
  );

const put = (from: string, to: string): string => {
  if (!outside.includes(from)) throw new Error(`"${from}" does not stand there`);
  return outside.replace(from, () => to);
};
const refused = (from: string, to: string): string => refusedBeside(lists, put(from, to)).join('\n');

describe('what a service names', () => {
  test('and its organisation allows is accepted', () => {
    expect(refusedBeside(lists, outside)).toEqual([]);
    expect(refusedBeside(lists)).toEqual([]);
  });

  test.each([
    [
      'env:SHOP_TOKEN',
      'env:OTHER_TOKEN',
      '.env.TOKEN names a secret that this service may not have; found "env:OTHER_TOKEN"',
    ],
    ['secrets/shop/registry', 'secrets/basket/registry', 'artifact.auth.bearer names a secret'],
    ['secrets/shop/registry', 'secrets/shop/../basket/registry', 'artifact.auth.bearer names a secret'],
    [
      '[./tools/retire]',
      '[/bin/sh, -c, "rm -rf /"]',
      '.retire[0] is a program that no service may have run; found "/bin/sh"',
    ],
    ['[./tools/retire]', '[./tools/../retire]', '.retire[0] is a program that'],
    ['[./tools/retire]', '[./tools/]', '.retire[0] is a program that'],
    ['[kubectl, get]', '[./kubectl, get]', '.observe[0] is a program that'],
    ['[kubectl, get]', '[helm]', '.observe[0] is a program that'],
    [
      'TOKEN: env:SHOP_TOKEN',
      'PATH: env:SHOP_PATH',
      '.env.PATH is a variable that could put another program',
    ],
    ['TOKEN: env:SHOP_TOKEN', 'LD_PRELOAD: env:SHOP_PATH', '.env.LD_PRELOAD is a variable'],
    [
      'https://metrics.example.com/prom',
      'https://metrics.example.com.evil.net',
      '.prometheus.url names a host',
    ],
    [
      'registry.example.com/shop',
      'ghcr.io/shop',
      'artifact.image names a host that no service may have asked; found "ghcr.io/shop/shop"',
    ],
  ])('%s as %s is refused with the line of the list', (from, to, message) => {
    const told = refused(from, to);
    expect(told).toContain(message);
    expect(told).toMatch(/^shop\.yml:\d+ /);
    expect(told).toMatch(/→ allowed are ".*; the list stands in sluice\.yml:[345]$/);
    expect(told.split('\n')).toHaveLength(1);
  });

  test('counts from the folder in which the program runs, and that is what has to be mended', () => {
    const inherited = `${lists}defaults: { environments: { '*': { target: { command: { retire: [./tools/retire] } } } } }\n`;
    const service = put('        retire: [./tools/retire]\n', '        directory: /srv\n').replaceAll(
      ' [./tools/',
      ' [./../srv2/tools/',
    );
    const told = refusedBeside(inherited, service);
    expect(told.find((line) => line.includes('directory'))).toMatch(
      /^shop\.yml:\d+ environments\.production\.target\.command\.directory leads to a program that no service may have run; found "\.\/tools\/retire"/,
    );
  });

  test('is looked at where it is inherited, too, and told where it was said', () => {
    const organisation = `${lists}defaults: { environments: { '*': { page: { pagerduty: { routingKey: env:BASKET_PD } } } } }\n`;
    expect(refusedBeside(organisation, validText)).toEqual([
      expect.stringMatching(
        /^sluice\.yml:6 defaults\.environments\["\*"\]\.page\.pagerduty\.routingKey names a secret/,
      ),
    ]);
    expect(readBeside(organisation, changed('service: shop', 'service: basket')).file.service).toBe('basket');
  });
});
