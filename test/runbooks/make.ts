import fc from 'fast-check';
import type { PlanRequest } from '../../runbooks/plan.ts';
import { plan } from '../../runbooks/plan.ts';
import type { Group, Release, Runbook, TargetState } from '../../runbooks/runbook.ts';
import type { ServiceFile, ServiceFileInput } from '../../runbooks/service.ts';
import { serviceFileSchema } from '../../runbooks/service.ts';

/** Digest of a made-up artifact: the letter repeated. */
export const digest = (letter: string): string => `sha256:${letter.repeat(64)}`;

export type CanaryFields = {
  readonly steps?: readonly number[];
  readonly holdBack?: string;
  readonly smoke?: readonly unknown[];
  readonly watch?: string;
  /** Another strategy than the canary. */
  readonly strategy?: ServiceFileInput['environments'][string]['strategy'];
};

/** A service file of one environment, `production`. */
export const makeService = (canary: CanaryFields = {}): ServiceFile =>
  serviceFileSchema.parse({
    apiVersion: 'sluice/v1',
    service: 'shop',
    owners: ['team-checkout'],
    artifact: { manifests: './releases' },
    environments: {
      production: {
        target: { practice: {} },
        strategy: canary.strategy ?? {
          canary: {
            ...(canary.steps === undefined ? {} : { steps: canary.steps }),
            watch: canary.watch ?? '15m',
          },
        },
        flags: { flagd: { file: './flags.json' } },
        ...(canary.smoke === undefined ? {} : { smoke: canary.smoke }),
        gates: {
          errors: { max: '1%' },
          ...(canary.holdBack === undefined ? {} : { holdBack: canary.holdBack }),
        },
      },
    },
    access: { deploy: ['team-checkout'], rollback: ['team-checkout', 'on-call'] },
  });

export const group = (version: string, letter: string, ready = 2): Group => ({
  version,
  digest: digest(letter),
  instances: 2,
  ready,
});

/** One version with all the traffic, and what else stands there without any. */
export const makeState = (running: Group, ...others: readonly Group[]): TargetState => ({
  groups: [running, ...others],
  weights: { [running.version]: 100 },
  stable: running.version,
  fence: 0,
});

/** 2.0.4 runs and is known good; 2.1.0 is asked for. */
export const makeRequest = (changes: Partial<PlanRequest> = {}): PlanRequest => ({
  kind: 'deploy',
  service: makeService(),
  environment: 'production',
  release: { version: '2.1.0', digest: digest('b') },
  state: makeState(group('2.0.4', 'a')),
  lastGood: { version: '2.0.4', digest: digest('a') },
  ...changes,
});

/** The runbook of a request that must not be refused. */
export const planned = (
  request: PlanRequest,
): { readonly runbook: Runbook; readonly warnings: readonly string[] } => {
  const result = plan(request);
  if ('problems' in result) throw new Error(`refused: ${JSON.stringify(result.problems)}`);
  return result;
};

const letters = ['a', 'b', 'c', 'd'] as const;
/** Also names that an object has of itself, and ones that sort as numbers. */
const versions = ['2.0.4', '2.1.0', '10', 'constructor', 'v3_rc+1', 'valueOf'] as const;

export const anyRelease: fc.Arbitrary<Release> = fc.record({
  version: fc.constantFrom(...versions),
  digest: fc.constantFrom(...letters).map(digest),
});

const anyGroups = fc.uniqueArray(
  fc
    .record({
      version: fc.constantFrom(...versions),
      digest: fc.constantFrom(...letters).map(digest),
      instances: fc.constantFrom(1, 3, 8),
      ready: fc.integer({ min: 0, max: 8 }),
    })
    .map((one) => ({ ...one, ready: Math.min(one.instances, one.ready) })),
  { selector: ({ version }) => version, maxLength: versions.length },
);

/** How 100 % is split over groups by cut points. */
const shares = (count: number, cuts: readonly number[]): readonly number[] => {
  const edges = [0, ...cuts.slice(0, count - 1).sort((a, b) => a - b), 100];
  return edges.slice(1).map((edge, i) => edge - (edges[i] ?? 0));
};

/** Any state that a target can be in: traffic only on groups that are ready, if there is any. */
export const anyState: fc.Arbitrary<TargetState> = fc
  .record({
    groups: anyGroups,
    sharing: fc.integer({ min: 0, max: 3 }),
    cuts: fc.array(fc.integer({ min: 0, max: 100 }), { minLength: 2, maxLength: 2 }),
    stable: fc.nat({ max: 6 }),
    fence: fc.nat({ max: 50_000 }),
  })
  .map(({ groups, sharing, cuts, stable, fence }) => {
    const able = groups.filter(({ ready }) => ready > 0).slice(0, sharing);
    const percents = shares(able.length, cuts);
    const weights = Object.fromEntries(able.map(({ version }, i) => [version, percents[i] ?? 0]));
    return { groups, weights, stable: groups[stable]?.version ?? null, fence };
  });

/** A state that a deploy may begin from: one ready version has all traffic and is promoted, if anything is. */
export const anySettled: fc.Arbitrary<{ readonly state: TargetState; readonly running: Group }> = fc
  .record({
    groups: anyGroups.filter((groups) => groups.some(({ ready }) => ready > 0)),
    marked: fc.boolean(),
    zero: fc.boolean(),
    fence: fc.nat({ max: 50_000 }),
  })
  .map(({ groups, marked, zero, fence }) => {
    const running = groups.find(({ ready }) => ready > 0);
    if (running === undefined) throw new Error('the filter lets no such state through');
    const weights = Object.fromEntries([
      ...(zero ? groups.map(({ version }) => [version, 0] as const) : []),
      [running.version, 100] as const,
    ]);
    return { running, state: { groups, weights, stable: marked ? running.version : null, fence } };
  });

export const anyCanary: fc.Arbitrary<ServiceFile> = fc
  .record({
    steps: fc
      .uniqueArray(fc.integer({ min: 1, max: 99 }), { maxLength: 6 })
      .map((steps) => [...steps.sort((a, b) => a - b), 100]),
    holdBack: fc.integer({ min: 0, max: 500 }).map((tenths) => `${String(tenths / 10)}%`),
    smoke: fc.constantFrom([], [{ http: { path: '/healthz' } }]),
  })
  .map(makeService);

const anyPortion = fc.oneof(
  fc.integer({ min: 0, max: 6 }),
  fc.integer({ min: 0, max: 100 }).map((percent) => `${String(percent)}%`),
);

/** By any of the strategies. */
export const anyService: fc.Arbitrary<ServiceFile> = fc.oneof(
  { arbitrary: anyCanary, weight: 2 },
  fc
    .record({
      strategy: fc.oneof(
        fc.constant({ recreate: {} }),
        fc.constant({ 'blue-green': {} }),
        fc
          .record({ maxUnavailable: anyPortion, maxSurge: anyPortion })
          .filter(
            ({ maxUnavailable, maxSurge }) =>
              !/^0%?$/.test(String(maxUnavailable)) || !/^0%?$/.test(String(maxSurge)),
          )
          .map((rolling) => ({ rolling })),
        fc
          .constantFrom({ 'blue-green': {} }, { rolling: {} }, { canary: {} }, { recreate: {} })
          .map((deploy) => ({ 'feature-flag': { flag: 'checkout-v2', deploy } })),
      ),
      holdBack: fc.integer({ min: 0, max: 500 }).map((tenths) => `${String(tenths / 10)}%`),
      smoke: fc.constantFrom([], [{ http: { path: '/healthz' } }]),
    })
    .map(makeService),
);

/** A deploy that is not refused: another version than the one that runs, with the digest of what stands there. */
export const anyDeploy: fc.Arbitrary<PlanRequest> = fc
  .record({ service: anyService, settled: anySettled, wish: anyRelease })
  .filter(({ settled, wish }) => wish.version !== settled.running.version)
  .map(({ service, settled: { state, running }, wish }) => {
    const standing = state.groups.find(({ version }) => version === wish.version);
    return makeRequest({
      service,
      state,
      release: { version: wish.version, digest: standing?.digest ?? wish.digest },
      lastGood: { version: running.version, digest: running.digest },
    });
  });
