import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { stringify } from 'yaml';
import { SluiceError } from '../../../../runbooks/errors.ts';
import type { EnvironmentBlock } from '../../../../runbooks/service.ts';
import { parseDuration, parsePercent } from '../../../../runbooks/units.ts';
import { parseOrganisation } from '../../../../src/service-file/organisation/read.ts';
import { parseServiceFile } from '../../../../src/service-file/read.ts';
import { validText } from '../make.ts';

/** A limit that may be said in three places, and what of it must hold in the end: by hand, not by the code's own rows. */
type Limit = {
  readonly path: readonly string[];
  readonly values: readonly (string | number)[];
  readonly read: (environment: EnvironmentBlock) => number | undefined;
  readonly floor: 'most' | 'least';
  /** Its place among the floors where that is another one. */
  readonly of?: readonly string[];
};

const times = ['30s', '5m', '10m', '1h', '2h'];
const shares = ['0.1%', '0.5%', '1%', '2%', '10%'];
const limits: readonly Limit[] = [
  { path: ['held'], values: times, read: (it) => it.held, floor: 'most' },
  { path: ['noData'], values: times, read: (it) => it.noData, floor: 'most' },
  { path: ['stuck', 'after'], values: times, read: (it) => it.stuck.after, floor: 'most' },
  { path: ['rollback', 'keepWarm'], values: times, read: (it) => it.rollback.keepWarm, floor: 'least' },
  { path: ['rollback', 'verify'], values: times, read: (it) => it.rollback.verify, floor: 'most' },
  {
    path: ['rollback', 'rehearsed'],
    values: ['2h', '3d'],
    read: (it) => it.rollback.rehearsed,
    floor: 'most',
  },
  {
    path: ['strategy', 'canary', 'watch'],
    values: times,
    read: (it) => it.strategy.canary?.watch,
    floor: 'least',
    of: ['strategy', 'watch'],
  },
  { path: ['gates', 'errors', 'max'], values: shares, read: (it) => it.gates.errors.max, floor: 'most' },
  {
    path: ['gates', 'errors', 'margin'],
    values: shares,
    read: (it) => it.gates.errors.margin,
    floor: 'most',
  },
  { path: ['gates', 'errors', 'harm'], values: shares, read: (it) => it.gates.errors.harm, floor: 'most' },
  { path: ['gates', 'budget'], values: shares, read: (it) => it.gates.budget, floor: 'least' },
  { path: ['gates', 'holdBack'], values: shares, read: (it) => it.gates.holdBack ?? 0.1, floor: 'least' },
  { path: ['gates', 'warmUp'], values: times.slice(0, 4), read: (it) => it.gates.warmUp, floor: 'most' },
  { path: ['approval', 'count'], values: [1, 2, 3], read: (it) => it.approval?.count, floor: 'least' },
];

const amount = (said: string | number): number =>
  typeof said === 'number' ? said : (parseDuration(said) ?? parsePercent(said) ?? Number.NaN);

type Said = ReadonlyMap<Limit, string | number>;
/** Each limit is said once in `rarely` times. */
const said = (rarely: number): fc.Arbitrary<Said> =>
  fc
    .tuple(...limits.map(({ values }) => fc.tuple(fc.nat({ max: rarely - 1 }), fc.constantFrom(...values))))
    .map((drawn) => {
      const pairs = limits.flatMap((limit, i): readonly [Limit, string | number][] => {
        const [die, value] = drawn[i] ?? [];
        return die === 0 && value !== undefined ? [[limit, value]] : [];
      });
      return new Map(pairs);
    });

const block = (values: Said, placed: (limit: Limit) => readonly string[]): Record<string, unknown> => {
  const made: Record<string, unknown> = {};
  for (const [limit, value] of values) {
    let at = made;
    const path = placed(limit);
    for (const key of path.slice(0, -1)) at = (at[key] ??= {}) as Record<string, unknown>;
    at[path.at(-1) ?? ''] = value;
  }
  return made;
};
const asFile = (values: Said): Record<string, unknown> => block(values, ({ path }) => path);
const asFloors = (values: Said): Record<string, unknown> => block(values, ({ path, of }) => of ?? path);

const serviceText = (values: Said, objective: string | undefined): string => {
  const own = asFile(values);
  const { gates = {}, strategy = { canary: {} }, ...rest } = own;
  const { errors = {}, ...others } = gates as Record<string, unknown>;
  const slo = objective === undefined ? {} : { slo: objective };
  return stringify({
    apiVersion: 'sluice/v1',
    service: 'shop',
    owners: ['team'],
    artifact: { manifests: '.' },
    environments: {
      production: {
        target: { practice: {} },
        strategy,
        gates: { ...others, errors: { ...(errors as object), ...slo } },
        ...rest,
      },
    },
  });
};

const loosens = (limit: Limit, value: number, floor: string | number): boolean =>
  limit.floor === 'most' ? value > amount(floor) : value < amount(floor);

test('whatever is inherited, a service that is accepted keeps every floor, and nothing that it says is changed', () => {
  const seen = { accepted: 0, refused: 0 };
  fc.assert(
    fc.property(
      ...([said(6), said(8), said(8), said(8), said(6)] as const),
      fc.option(fc.constantFrom('99%', '99.9%'), { freq: 4, nil: undefined }),
      (everywhere, named, all, own, service, slo) => {
        // Who has to approve is not what this is about.
        const approval = (values: Record<string, unknown>): Record<string, unknown> =>
          'approval' in values
            ? { ...values, approval: { ...(values['approval'] as object), by: ['managers'] } }
            : values;
        const text = stringify({
          apiVersion: 'sluice/v1',
          defaults: { environments: { '*': approval(asFile(all)), production: approval(asFile(own)) } },
          floors: {
            environments: { '*': approval(asFloors(everywhere)), production: approval(asFloors(named)) },
          },
        });
        const { organisation, error } = parseOrganisation(text, 'sluice.yml');
        if (error !== null) {
          // Only where the defaults themselves are looser than a floor.
          expect(error.message).toContain('defaults.environments');
          return;
        }
        let environment: EnvironmentBlock | undefined;
        try {
          const read = parseServiceFile(serviceText(service, slo), 'shop.yml', organisation);
          environment = read.file.environments['production'];
        } catch (refusal) {
          if (!(refusal instanceof SluiceError)) throw refusal;
          seen.refused += 1;
          return;
        }
        if (environment === undefined) throw new Error('production is gone');
        seen.accepted += 1;
        for (const [limit, floor] of [...everywhere, ...named]) {
          const value = limit.read(environment);
          expect({
            path: limit.path,
            value,
            floor,
            looser: value === undefined || loosens(limit, value, floor),
          }).toEqual({
            ...{ path: limit.path, value, floor },
            looser: false,
          });
        }
        for (const [limit, value] of service) expect(limit.read(environment)).toBe(amount(value));
      },
    ),
    { numRuns: 600 },
  );
  expect(seen.accepted).toBeGreaterThan(20);
  expect(seen.refused).toBeGreaterThan(20);
});

describe('without a file of the organisation', () => {
  test('and beside one that says nothing, a service file is what it is', () => {
    const { organisation } = parseOrganisation('apiVersion: sluice/v1\n', 'sluice.yml');
    const empty = parseOrganisation(
      "apiVersion: sluice/v1\ndefaults: { environments: { '*': {} } }\nfloors: { environments: { '*': {} } }\n",
      'sluice.yml',
    ).organisation;
    expect(organisation).not.toBeNull();
    const read = (text: string, beside: typeof organisation): unknown => {
      try {
        return parseServiceFile(text, 'shop.yml', beside).file;
      } catch (error) {
        if (error instanceof SluiceError) return error.toProblem();
        throw error;
      }
    };
    const alone = read(validText, null);
    expect(read(validText, organisation)).toEqual(alone);
    expect(read(validText, empty)).toEqual(alone);
    fc.assert(
      fc.property(
        fc.oneof(
          fc
            .tuple(said(2), fc.constantFrom('99%', undefined))
            .map(([values, slo]) => serviceText(values, slo)),
          fc
            .tuple(fc.nat({ max: validText.length }), fc.nat({ max: 12 }), fc.string({ maxLength: 6 }))
            .map(([at, gone, put]) => validText.slice(0, at) + put + validText.slice(at + gone)),
        ),
        (text) => {
          const found = read(text, null);
          expect(read(text, organisation)).toEqual(found);
          expect(read(text, empty)).toEqual(found);
        },
      ),
      { numRuns: 200 },
    );
  });
});
