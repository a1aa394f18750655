import { describe, expect, test } from '@jest/globals';
import { explain } from '../../../../src/service-file/organisation/explain.ts';
import { parseServiceFile } from '../../../../src/service-file/read.ts';
import { changed, validText } from '../make.ts';
import { readBeside } from './make.ts';

const sayOf = (values: ReturnType<typeof explain>, path: string): string => {
  const found = values.find((value) => value.path === path);
  if (found === undefined) return 'nothing';
  const { origin, value } = found;
  return origin.by === 'product'
    ? `${value} by the product`
    : `${value} by ${origin.by} ${origin.file}:${String(origin.line)}`;
};

describe('every value that counts', () => {
  const organisation = `defaults:
  description: A service of ours
  environments:
    '*': { held: 2h, noData: 10m }
    production: { noData: 20m }
floors: { environments: { '*': { rollback: { rehearsed: 30d } } } }
`;
  const values = explain(
    readBeside(
      organisation,
      validText.replace(/description.*\n/, '').replace(/ {4}(?:held|noData).*\n/g, ''),
    ),
  );

  test.each([
    ['service', 'shop by service shop.yml:2'],
    ['description', 'A service of ours by defaults sluice.yml:3'],
    ['environments.production.held', '2h by defaults sluice.yml:5'],
    ['environments.production.noData', '20m by defaults sluice.yml:6'],
    ['environments.production.rollback.keepWarm', '1h by service shop.yml:20'],
    ['environments.production.rollback.rehearsed', '30d by floors sluice.yml:7'],
    ['environments.production.stuck.after', '90s by the product'],
    ['environments.production.gates.errors.margin', '0.2% by the product'],
    ['environments.production.strategy.canary.steps', '[ 10, 50, 100 ] by service shop.yml:10'],
  ])('%s is %s', (path, expected) => {
    expect(sayOf(values, path)).toBe(expected);
  });

  test('belongs to its environment, or to none', () => {
    expect(new Set(values.map(({ environment }) => environment))).toEqual(new Set([null, 'production']));
    for (const { path, environment } of values)
      expect(path.startsWith('environments.')).toBe(environment !== null);
  });

  test('is known without an organisation, too: an objective is where its limits were said', () => {
    const alone = explain(parseServiceFile(changed('max: 1%', 'slo: 99.9%'), 'shop.yml'));
    expect(sayOf(alone, 'environments.production.gates.errors.max')).toBe('1% by service shop.yml:18');
    expect(sayOf(alone, 'environments.production.held')).toBe('24h by service shop.yml:22');
  });
});
