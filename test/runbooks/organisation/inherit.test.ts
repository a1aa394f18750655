import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { choices, inheritAll, withImplied } from '../../../runbooks/organisation/inherit.ts';
import { at, plain, treeOf, withStandards } from '../../../runbooks/organisation/tree.ts';
import { serviceFileSchema } from '../../../runbooks/service.ts';
import { schemaPlaces } from './make.ts';

const inherited = (service: unknown, defaults: unknown): unknown =>
  plain(
    inheritAll(
      treeOf(service, { by: 'service', path: [] }),
      treeOf(defaults, { by: 'defaults', path: ['defaults'] }),
    ),
  );
const ofEnvironment = (own: unknown, all: unknown, named: unknown = {}): unknown => {
  const file = inherited(
    { environments: { live: own } },
    { environments: { '*': all, live: named, other: { held: '1h' } } },
  );
  return at(treeOf(file, { by: 'service', path: [] }), ['environments', 'live']) === undefined
    ? undefined
    : (file as { readonly environments: { readonly live: unknown } }).environments.live;
};

describe('what a service inherits', () => {
  test('is what it does not say: mappings key by key, by name before what is for all', () => {
    expect(
      ofEnvironment(
        { rollback: { keepWarm: '3h' } },
        { rollback: { keepWarm: '1h', verify: '1m', rehearsed: '90d' }, held: '2h' },
        { rollback: { verify: '2m' } },
      ),
    ).toEqual({ rollback: { keepWarm: '3h', verify: '2m', rehearsed: '90d' }, held: '2h' });
  });

  test('is no environment that it does not declare, and no list but a whole one', () => {
    expect(inherited({ environments: { live: {} } }, { environments: { other: { held: '1h' } } })).toEqual({
      environments: { live: {} },
    });
    expect(ofEnvironment({ smoke: [] }, { smoke: [{ http: { path: '/' } }] })).toEqual({ smoke: [] });
  });

  test.each([
    ['strategy', { rolling: {} }, { canary: { watch: '1h' } }, { rolling: {} }],
    [
      'strategy',
      { canary: { ready: '1m' } },
      { canary: { watch: '1h' } },
      { canary: { ready: '1m', watch: '1h' } },
    ],
    ['strategy', {}, { canary: {} }, { canary: {} }],
    ['migrations', { command: {} }, { sql: {}, within: '1h' }, { command: {}, within: '1h' }],
    [
      'gates',
      { errors: { slo: '99%' } },
      { errors: { max: '5%', margin: '1%', bad: 'x' } },
      { errors: { slo: '99%', bad: 'x' } },
    ],
    ['gates', { errors: { max: '2%' } }, { errors: { slo: '99%' } }, { errors: { max: '2%', slo: '99%' } }],
    [
      'gates',
      { source: { scrape: { url: 'u', auth: { bearer: 'b' } } } },
      { source: { scrape: { urls: ['v'], auth: { basic: {} } }, prometheus: {} } },
      { source: { scrape: { url: 'u', auth: { bearer: 'b' } } } },
    ],
  ])('%s: %j of %j is %j', (key, own, standard, expected) => {
    expect(ofEnvironment({ [key]: own }, { [key]: standard })).toEqual({ [key]: expected });
  });

  test('is no key of an artifact of the other kind', () => {
    expect(inherited({ artifact: { manifests: '.' } }, { artifact: { platform: 'linux/amd64' } })).toEqual({
      artifact: { manifests: '.' },
    });
    expect(
      inherited({ artifact: { image: 'a/b' } }, { artifact: { platform: 'linux/amd64', manifests: '.' } }),
    ).toEqual({ artifact: { image: 'a/b', platform: 'linux/amd64' } });
  });

  test('knows every mapping of which one key is chosen', () => {
    const found = schemaPlaces().filter(({ schema }) => schema.maxProperties === 1);
    expect(found.map(({ path }) => path).sort()).toEqual([...choices].sort());
  });

  test('never changes what the service says itself', () => {
    const leaf = fc.constantFrom('1h', '2h', 1, true, null);
    const mapping = fc.letrec<{ readonly node: unknown }>((tie) => ({
      node: fc.oneof(
        { depthSize: 'small' },
        leaf,
        fc.dictionary(fc.constantFrom('canary', 'rolling', 'slo', 'max', 'url'), tie('node'), { maxKeys: 3 }),
      ),
    })).node;
    const file = fc.record({
      environments: fc.record({
        live: fc.dictionary(fc.constantFrom('strategy', 'gates', 'held', 'flags'), mapping, { maxKeys: 4 }),
      }),
    });
    const holds = (said: unknown, whole: unknown): void => {
      if (typeof said !== 'object' || said === null) {
        expect(whole).toEqual(said);
        return;
      }
      for (const [key, member] of Object.entries(said))
        holds(member, (whole as Readonly<Record<string, unknown>>)[key]);
    };
    fc.assert(
      fc.property(file, file, (own, standard) => {
        holds(own, inherited(own, standard));
        expect(inherited(own, {})).toEqual(own);
        expect(inherited(own, own)).toEqual(own);
      }),
    );
  });
});

describe('what the product says', () => {
  const product = (environment: unknown): unknown => {
    const tree = withImplied(treeOf(environment, { by: 'service', path: [] }));
    return plain(withStandards(tree, serviceFileSchema.shape.environments.valueType));
  };

  test('is written out: defaults, what an objective stands for, and what follows from the strategy', () => {
    expect(
      product({ strategy: { canary: {} }, gates: { errors: { slo: '99.9%' }, latency: {} } }),
    ).toMatchObject({
      strategy: { canary: { steps: [10, 50, 100], watch: '15m', ready: '2m' } },
      gates: {
        errors: { max: '1%', margin: '0.1%', harm: '0.5%' },
        latency: { p95: '300ms', margin: '10%' },
        source: { practice: {} },
        holdBack: '10%',
      },
      rollback: { keepWarm: '1h', verify: '5m' },
      held: '24h',
    });
    expect(product({ strategy: { 'feature-flag': { deploy: { rolling: {} } } }, gates: {} })).toMatchObject({
      gates: { holdBack: '0%' },
    });
    expect(product({ gates: { latency: { p99: '1s' } } })).not.toHaveProperty('gates.latency.p95');
  });
});
