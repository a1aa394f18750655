import { describe, expect, test } from '@jest/globals';
import type { z } from 'zod';
import { facetsOf } from '../../../runbooks/organisation/facets.ts';
import { breachesOf, floorKeys, withFloorsFilled } from '../../../runbooks/organisation/floors.ts';
import { floorsSchema } from '../../../runbooks/organisation/floors-block.ts';
import { withImplied } from '../../../runbooks/organisation/inherit.ts';
import type { Tree } from '../../../runbooks/organisation/tree.ts';
import { plain, treeOf, withStandards } from '../../../runbooks/organisation/tree.ts';
import { serviceFileSchema } from '../../../runbooks/service.ts';

const environmentOf = (said: unknown): Tree =>
  withStandards(
    withImplied(treeOf(said, { by: 'service', path: [] })),
    serviceFileSchema.shape.environments.valueType,
  );
const floorsAt = (floors: unknown): Tree => treeOf(floors, { by: 'floors', path: [] });
const asked = (said: unknown, floors: unknown): readonly string[] =>
  breachesOf(environmentOf(said), floorsAt(floors)).map(({ path, demand }) => `${path.join('.')} ${demand}`);

const canary = (more: object = {}) => ({ strategy: { canary: more } });
const gates = (more: object) => ({ ...canary(), gates: { errors: {}, ...more } });
const night = { cron: '0 20 * * *', for: '10h', reason: 'night' };

describe('a floor', () => {
  test.each([
    [{ after: 'staging' }, { after: 'staging' }, { after: 'test' }, 'after must be staging'],
    [
      { strategy: { watch: '10m' } },
      canary({ watch: '600s' }),
      canary({ watch: '599s' }),
      'strategy.canary.watch must be at least 10m',
    ],
    [
      { strategy: { among: ['canary', 'rolling'] } },
      { strategy: { rolling: {} } },
      { strategy: { recreate: {} } },
      'strategy.recreate may name none but canary, rolling',
    ],
    [
      { approval: { by: ['managers', 'on-call'] } },
      { approval: { by: ['managers'] } },
      { approval: { by: ['managers', 'everybody'] } },
      'approval.by may name none but managers, on-call',
    ],
    [
      { approval: { count: 2 } },
      { approval: { by: ['a'], count: 3 } },
      { approval: { by: ['a'] } },
      'approval.count must be at least 2',
    ],
    [
      { approval: { expires: '8h' } },
      { approval: { by: ['a'] } },
      { approval: { by: ['a'], expires: '9h' } },
      'approval.expires must be at most 8h',
    ],
    [
      { approval: { self: false } },
      { approval: { by: ['a'] } },
      { approval: { by: ['a'], self: true } },
      'approval.self must be false',
    ],
    [{ smoke: 1 }, {}, { smoke: [] }, 'smoke must be a list of at least 1'],
    [{ gates: { every: '10s' } }, gates({}), gates({ every: '11s' }), 'gates.every must be at most 10s'],
    [
      { gates: { budget: '1%' } },
      gates({ budget: '2%' }),
      gates({ budget: '0.5%' }),
      'gates.budget must be at least 1%',
    ],
    [
      { gates: { errors: { max: '1%' } } },
      gates({ errors: { max: '0.5%' } }),
      gates({ errors: { max: '1.5%' } }),
      'gates.errors.max must be at most 1%',
    ],
    [
      { gates: { errors: { max: '5%' } } },
      gates({ errors: { slo: '99.9%' } }),
      gates({ errors: { slo: '99%' } }),
      'gates.errors.max must be at most 5%',
    ],
    [
      { gates: { errors: { margin: '0.2%' } } },
      gates({}),
      gates({ errors: { margin: '1%' } }),
      'gates.errors.margin must be at most 0.2%',
    ],
    [
      { gates: { errors: { harm: '1%' } } },
      gates({}),
      gates({ errors: { harm: '2%' } }),
      'gates.errors.harm must be at most 1%',
    ],
    [
      { gates: { latency: { p95: '500ms' } } },
      gates({ latency: {} }),
      gates({ latency: { p95: '1s' } }),
      'gates.latency.p95 must be at most 500ms',
    ],
    [
      { gates: { latency: { margin: '10%' } } },
      gates({}),
      gates({ latency: { margin: '50%' } }),
      'gates.latency.margin must be at most 10%',
    ],
    [
      { gates: { onInconclusive: { then: 'ask' } } },
      gates({ onInconclusive: { then: 'rollback' } }),
      gates({ onInconclusive: { then: 'promote', because: 'x' } }),
      'gates.onInconclusive.then must be ask or rollback',
    ],
    [
      { gates: { holdBack: '10%' } },
      gates({}),
      gates({ holdBack: '0%' }),
      'gates.holdBack must be at least 10%',
    ],
    [{ gates: { warmUp: '30s' } }, gates({}), gates({ warmUp: '1m' }), 'gates.warmUp must be at most 30s'],
    [{ gates: { window: 'refuse' } }, gates({ window: 'refuse' }), gates({}), 'gates.window must be refuse'],
    [
      { migrations: { contract: 'ask' } },
      { migrations: { sql: {} } },
      { migrations: { contract: 'auto' } },
      'migrations.contract must be ask',
    ],
    [
      { migrations: { sql: { locks: 'refuse' } } },
      { migrations: { command: {} } },
      { migrations: { sql: { locks: 'warn' } } },
      'migrations.sql.locks must be refuse',
    ],
    [
      { migrations: { sql: { lockTimeout: '5s' } } },
      { migrations: { sql: {} } },
      { migrations: { sql: { lockTimeout: '6s' } } },
      'migrations.sql.lockTimeout must be at most 5s',
    ],
    [
      { rollback: { keepWarm: '30m' } },
      {},
      { rollback: { keepWarm: '0s' } },
      'rollback.keepWarm must be at least 30m',
    ],
    [
      { rollback: { verify: '5m' } },
      {},
      { rollback: { verify: '6m' } },
      'rollback.verify must be at most 5m',
    ],
    [
      { rollback: { rehearsed: '30d' } },
      { rollback: { rehearsed: '7d' } },
      {},
      'rollback.rehearsed must be at most 30d',
    ],
    [{ held: '24h' }, {}, { held: '2d' }, 'held must be at most 24h'],
    [{ noData: '30m' }, {}, { noData: '31m' }, 'noData must be at most 30m'],
    [{ stuck: { after: '2m' } }, {}, { stuck: { after: '3m' } }, 'stuck.after must be at most 2m'],
    [
      { freeze: { windows: [night] } },
      {
        freeze: {
          windows: [
            { ...night, cron: '0  20 * * *', for: '600m', zone: 'UTC', reason: 'x' },
            { ...night, for: '1h' },
          ],
        },
      },
      { freeze: { windows: [{ ...night, for: '9h' }] } },
      'freeze.windows must hold the freeze "0 20 * * *" for 10h, too',
    ],
  ])('%j is kept by %j, and not by %j', (floors, kept, loosened, demand) => {
    expect(floorsSchema.safeParse({ environments: { '*': floors } }).error?.issues ?? []).toEqual([]);
    expect(asked(kept, floors)).toEqual([]);
    expect(asked(loosened, floors)).toEqual([demand]);
  });

  test('holds for both watches of a flag, and for the strategy that brings its code', () => {
    const flag = { strategy: { 'feature-flag': { watch: '1m', deploy: { recreate: { watch: '2m' } } } } };
    expect(asked(flag, { strategy: { watch: '5m', among: ['feature-flag', 'canary'] } })).toEqual([
      'strategy.feature-flag.deploy.recreate may name none but feature-flag, canary',
      'strategy.feature-flag.watch must be at least 5m',
      'strategy.feature-flag.deploy.recreate.watch must be at least 5m',
    ]);
  });

  test('every key has what it demands: none stands in the schema alone', () => {
    const keys = (schema: z.core.$ZodType, path: string): readonly string[] => {
      const { members } = facetsOf(schema);
      if (members === null) return [path];
      return Object.entries(members).flatMap(([key, member]) =>
        keys(member, path === '' ? key : `${path}.${key}`),
      );
    };
    const block = floorsSchema.shape.environments.unwrap().valueType;
    expect([...keys(block, '')].sort()).toEqual([...floorKeys].sort());
  });
});

describe('where nobody said anything', () => {
  const filled = (said: unknown, ...floors: readonly unknown[]): unknown =>
    plain(withFloorsFilled(environmentOf(said), floors.map(floorsAt)));

  test('the floor says it, but only where the default of the product is looser', () => {
    expect(
      filled(gates({}), { held: '1h', noData: '2h', gates: { errors: { max: '5%', harm: '0.5%' } } }),
    ).toMatchObject({ held: '1h', noData: '30m', gates: { errors: { max: '1%', harm: '0.5%' } } });
  });

  test('the stricter of two floors counts, in either order', () => {
    const [loose, strict] = [{ strategy: { watch: '20m' } }, { strategy: { watch: '40m' } }];
    for (const both of [
      [loose, strict],
      [strict, loose],
    ])
      expect(filled(canary(), ...both)).toMatchObject({ strategy: { canary: { watch: '40m' } } });
  });

  test('a whole block comes into being where a floor asks for it', () => {
    expect(filled({}, { approval: { by: ['managers'], count: 2, self: false } })).toMatchObject({
      approval: { by: ['managers'], count: 2, self: false },
    });
    expect(filled({}, { approval: { self: false } })).not.toHaveProperty('approval');
    expect(filled(gates({ latency: {} }), { gates: { latency: { p99: '1s' } } })).toMatchObject({
      gates: { latency: { p95: '300ms', p99: '1s' } },
    });
  });

  test('what somebody said stays, for them to mend', () => {
    expect(filled({ held: '2d' }, { held: '1h' })).toMatchObject({ held: '2d' });
  });
});
