import { gateSettings } from '../../src/gates/settings.ts';
import type { GateOptions, GateSettings } from '../../src/gates/settings.ts';
import { informationBound, plannedErrors, plannedSlowdown } from './plan.ts';
import type { Planned } from './plan.ts';
import { noFaults } from './watch.ts';
import type { Faults, Scene } from './watch.ts';
import { demoScenes } from './demo.ts';
import { world } from './world.ts';
import type { World } from './world.ts';

/** What must hold of a case; times in seconds. */
export type Demand =
  | { readonly kind: 'false-alarms'; readonly atMost: number }
  | {
      readonly kind: 'found';
      readonly atLeast: number | null;
      readonly median: number | null;
      readonly nineOfTen: number | null;
      /** Seconds before the fault begins: times count from there. */
      readonly onset: number;
      readonly bound: number | null;
    }
  | { readonly kind: 'passes'; readonly atLeast: number | null; readonly atMost: number | null }
  /** The planner may be too pessimistic or too optimistic by so much of the chance. */
  | {
      readonly kind: 'planned';
      readonly plan: Planned;
      readonly pessimistic: number;
      readonly optimistic: number;
    };

export type Case = {
  readonly name: string;
  readonly requestsPerSecond: number;
  readonly scene: Scene;
  readonly demand: Demand;
};

type Parts = {
  readonly world?: Partial<World>;
  readonly faults?: Partial<Faults>;
  readonly custom?: Readonly<Record<string, World>>;
  readonly options?: Omit<GateOptions, 'release'>;
};

const settingsFor = (options: Parts['options']): GateSettings =>
  gateSettings({
    release: { service: 'checkout', version: '2.1.0', stable: '2.0.4' },
    steps: [0.1],
    ...options,
  });

/** A split that is as planned, in the truth and in the settings. */
const split = (share: number): Parts => ({ world: { share: () => share }, options: { steps: [share] } });

const scene = (requestsPerSecond: number, parts: Parts): Scene => ({
  settings: settingsFor(parts.options),
  world: world({ requestsPerSecond, ...parts.world }),
  faults: { ...noFaults, ...parts.faults },
  ...(parts.custom === undefined ? {} : { custom: parts.custom }),
});

const healthy = (name: string, requestsPerSecond: number, parts: Parts = {}): Case => ({
  ...{ name, requestsPerSecond, scene: scene(requestsPerSecond, parts) },
  demand: { kind: 'false-alarms', atMost: 0.01 },
});

type Times = Partial<Omit<Extract<Demand, { kind: 'found' }>, 'kind' | 'bound'>>;

/** A canary that is bad as `parts` say, or fails at `rate` from the start. */
const bad = (
  name: string,
  requestsPerSecond: number,
  rate: number | null,
  times: Times,
  parts: Parts = {},
): Case => {
  const failing = rate === null ? {} : { canaryRate: () => rate };
  const set = scene(requestsPerSecond, { ...parts, world: { ...failing, ...parts.world } });
  const bound = rate === null ? null : informationBound(set.settings, requestsPerSecond, rate);
  return {
    ...{ name, requestsPerSecond, scene: set },
    demand: { kind: 'found', atLeast: null, median: null, nineOfTen: null, onset: 0, bound, ...times },
  };
};

const passing = (
  name: string,
  requestsPerSecond: number,
  demand: { readonly atLeast?: number; readonly atMost?: number },
  parts: Parts = {},
): Case => ({
  ...{ name, requestsPerSecond, scene: scene(requestsPerSecond, parts) },
  demand: { kind: 'passes', atLeast: demand.atLeast ?? null, atMost: demand.atMost ?? null },
});

const planned = (requestsPerSecond: number, share: number): Case => {
  const parts = split(share);
  const plan = plannedErrors(settingsFor(parts.options), requestsPerSecond);
  const truth = { ...parts.world, canaryRate: () => plan.size };
  const name = `0.3 to ${(plan.size * 100).toFixed(2)} %, canary ${String(share * 100)} %`;
  return {
    ...{ name, requestsPerSecond, scene: scene(requestsPerSecond, { ...parts, world: truth }) },
    demand: { kind: 'planned', plan, pessimistic: 0.1, optimistic: 0.1 },
  };
};

const plannedSlow = (requestsPerSecond: number): Case => {
  const options = { latency: {}, steps: [0.1] };
  const plan = plannedSlowdown(settingsFor(options), requestsPerSecond);
  const name = `all latencies +${((plan.size - 1) * 100).toFixed(0)} %`;
  return {
    ...{ name, requestsPerSecond },
    scene: scene(requestsPerSecond, { options, world: { slowdown: plan.size } }),
    demand: { kind: 'planned', plan, pessimistic: 0.15, optimistic: 0 },
  };
};

const rates = [5, 50, 500] as const;

/** An instance that fails three of ten requests for ten seconds, once in the watch, off the grid of readings. */
const stumble = (t: number): number => (t >= 302 && t < 312 ? 0.3 : 0.003);
const outages = { everySeconds: 300 };

/** The old version gets no traffic any more. */
const nothingLeft: Parts = { world: { share: () => 1 }, options: { steps: [1], holdBack: 0 } };

/** A share that goes wrong more often than requests do, a rare one, and durations, beside the requests. */
const three = (canaryRate: number): Parts => ({
  options: {
    custom: [
      { name: 'payments', errors: { max: 0.1, harm: 0.05 } },
      { name: 'imports', errors: {} },
      { name: 'search', latency: { limits: [{ quantile: 0.95, seconds: 0.3 }] } },
    ],
  },
  custom: {
    payments: world({ requestsPerSecond: 10, canaryRate: () => canaryRate, baselineRate: () => 0.02 }),
    imports: world({ requestsPerSecond: 0.5, canaryRate: () => 0.1, baselineRate: () => 0.1 }),
    search: world({ requestsPerSecond: 20, slowdown: 1 }),
  },
});

const healthyCases: readonly Case[] = rates.flatMap((rps) => [
  healthy('independent errors', rps),
  healthy('shared outages, 20-60 s at 5-15 %, every 5 min', rps, { world: { outages } }),
  healthy('errors in groups of 3', rps, { world: { group: 3 } }),
  healthy('errors in groups of 10', rps, { world: { group: 10 } }),
  healthy('a burst of 30 errors every 2 min', rps, { world: { burst: { errors: 30, everySeconds: 120 } } }),
  healthy('the canary fails 30 % for 10 s', rps, { world: { canaryRate: stumble } }),
  healthy('counter resets, 20 % of the readings lost', rps, { faults: { lost: 0.2, resets: 0.02 } }),
  healthy('a true rise to the edge of the tolerance', rps, { world: { canaryRate: () => 0.0053 } }),
]);

const moreHealthy: readonly Case[] = [
  healthy('readings of 10 s', 5, { options: { everySeconds: 10 } }),
  healthy('readings of 10 s', 50, { options: { everySeconds: 10 } }),
  healthy('canary at 50 %', 50, split(0.5)),
  healthy('canary at 90 %', 50, split(0.9)),
  healthy('latencies watched, too', 50, { world: { slowdown: 1 }, options: { latency: {} } }),
  healthy('latencies 5 % longer', 500, { world: { slowdown: 1.05 }, options: { latency: {} } }),
  healthy('a canary better than the baseline', 50, { world: { canaryRate: () => 0.0005 } }),
  healthy('both versions at 5 %', 50, { world: { canaryRate: () => 0.05, baselineRate: () => 0.05 } }),
  healthy('three custom metrics watched, too', 50, three(0.02)),
  healthy('the split becomes 3 %, then 25 %', 50, {
    world: { share: (t) => (t < 300 ? 0.1 : t < 600 ? 0.03 : 0.25) },
  }),
  healthy('a fivefold surge', 50, { world: { surge: (t) => (t > 300 && t < 600 ? 5 : 1) } }),
  healthy('first reading 40 s late, readings repeated', 50, { faults: { lateSeconds: 40, repeatEvery: 3 } }),
  healthy('half held back, shared outages', 50, {
    ...split(0.5),
    world: { ...split(0.5).world, outages },
  }),
  healthy('a tenth held back, shared outages', 50, {
    ...split(0.9),
    world: { ...split(0.9).world, outages },
  }),
  healthy('nothing held back', 50, nothingLeft),
  // What a gate without a live baseline can not tell apart; the reason to hold something back.
  {
    ...healthy('nothing held back, shared outages', 50, {
      ...nothingLeft,
      world: { ...nothingLeft.world, outages },
    }),
    demand: { kind: 'false-alarms', atMost: 0.23 },
  },
];

const slow = (slowdown: number): Parts => ({ world: { slowdown }, options: { latency: {} } });
const every10: Parts = { options: { everySeconds: 10 } };
const creeping = (t: number): number => 0.003 + 0.027 * Math.min(1, Math.max(0, t) / 600);

const badCases: readonly Case[] = [
  bad('0.3 to 3 %', 5, 0.03, { atLeast: 0.8, median: 500 }),
  bad('0.3 to 3 %', 50, 0.03, { atLeast: 0.999, median: 75, nineOfTen: 125 }),
  bad('0.3 to 3 %', 500, 0.03, { atLeast: 1, median: 25, nineOfTen: 30 }),
  bad('0.3 to 3 %, readings of 10 s', 5, 0.03, { median: 500 }, every10),
  bad('0.3 to 3 %, readings of 10 s', 50, 0.03, { median: 90 }, every10),
  bad('0.3 to 3 %, readings of 10 s', 500, 0.03, { median: 45 }, every10),
  bad('0.3 to 1 %', 500, 0.01, { median: 110 }),
  bad('0.3 to 1 %', 50, 0.01, { atLeast: 0.6 }),
  bad('everything fails', 50, 0.999, { median: 10 }),
  bad('everything fails', 5, 0.999, { median: 20 }),
  bad('30 % fail', 50, 0.3, { median: 25 }),
  bad('30 % fail', 5, 0.3, { median: 50 }),
  bad('creeping from 0.3 to 3 % over 10 min', 50, null, { median: 400 }, { world: { canaryRate: creeping } }),
  bad('0.3 to 3 % from minute 5', ...([50, null, { median: 105, onset: 300 }] as const), {
    world: { canaryRate: (t) => (t > 300 ? 0.03 : 0.003) },
  }),
  bad('0.3 to 3 %, half held back', 50, 0.03, { median: 45 }, split(0.5)),
  bad('0.3 to 3 %, a tenth held back', 50, 0.03, { median: 110 }, split(0.9)),
  bad('0.3 to 3 %, nothing held back', 50, 0.03, { median: 25 }, nothingLeft),
  bad('a custom share from 2 to 15 % of 10/s', 50, null, { atLeast: 0.99 }, three(0.15)),
  bad('all latencies +50 %', 50, null, { median: 70 }, slow(1.5)),
  bad('all latencies +50 %', 5, null, { median: 240 }, slow(1.5)),
  bad('all latencies +20 %', 50, null, { median: 260 }, slow(1.2)),
  bad('all latencies +20 %', 500, null, { median: 75 }, slow(1.2)),
];

const harmful: Parts = { world: { canaryRate: () => 0.013 } };
const harmfulLate: Parts = { world: { canaryRate: (t) => (t > 600 ? 0.013 : 0.003) } };

const passCases: readonly Case[] = [
  passing('healthy', 50, { atLeast: 0.99 }),
  passing('healthy', 5, { atMost: 0.5 }),
  ...rates.map((rps) => passing('worse by 1 point', rps, { atMost: 0.05 }, harmful)),
  passing('worse by 1 point from two thirds on', 20, { atMost: 0.14 }, harmfulLate),
  passing('worse by 1 point from two thirds on', 50, { atMost: 0.06 }, harmfulLate),
  passing('worse by 1 point from two thirds on', 200, { atMost: 0.001 }, harmfulLate),
];

const planCases: readonly Case[] = [
  ...[planned(5, 0.1), planned(50, 0.1), planned(500, 0.1), planned(5, 0.5), planned(50, 0.5)],
  ...[plannedSlow(5), plannedSlow(50), plannedSlow(500)],
];

/** What a new user sees first: each watch of it must say what is so. */
const demoCases: readonly Case[] = demoScenes().flatMap(
  ({ name, requestsPerSecond, start, healthy: well, bad: ill }) => [
    {
      name: `${name}, healthy`,
      requestsPerSecond,
      scene: well,
      demand: { kind: 'passes', atLeast: 0.95, atMost: null },
    },
    {
      name: `${name}, 0.3 to 3 %`,
      requestsPerSecond,
      scene: ill,
      demand: { kind: 'found', atLeast: 0.95, median: null, nineOfTen: null, onset: start, bound: null },
    },
  ],
);

/** Every case of what is demanded, in the order of the report. */
export const cases: readonly Case[] = [
  ...healthyCases,
  ...moreHealthy,
  ...badCases,
  ...passCases,
  ...planCases,
  ...demoCases,
];
