import { binomial } from '../../src/gates/random.ts';
import type { Uniform } from '../../src/gates/random.ts';
import { logNormalCdf } from '../../src/gates/numerics.ts';

/** What is true in a simulated service: rates per second `t` of the watch's clock, negative ones before it. */
export type World = {
  readonly requestsPerSecond: number;
  /** The canary's share of the requests. */
  readonly share: (t: number) => number;
  readonly canaryRate: (t: number) => number;
  readonly baselineRate: (t: number) => number;
  /** Errors come in groups of this many, each group on one arm. */
  readonly group: number;
  /** A failing batch: this many errors at once, spread over both arms like any request, every so many seconds. */
  readonly burst: { readonly errors: number; readonly everySeconds: number } | null;
  /** Outages of something that both versions need: as long and as bad as chance has it, every so many seconds. */
  readonly outages: { readonly everySeconds: number } | null;
  /** How much slower the canary's requests are; `null`: latencies are not looked at. */
  readonly slowdown: number | null;
  readonly surge: (t: number) => number;
};

export const world = (parts: Partial<World>): World => ({
  requestsPerSecond: 50,
  share: () => 0.1,
  canaryRate: () => 0.003,
  baselineRate: () => 0.003,
  group: 1,
  burst: null,
  outages: null,
  slowdown: null,
  surge: () => 1,
  ...parts,
});

/** Exact but for one part in 10^7: so many tries that they are a Poisson process. */
export const poisson = (uniform: Uniform, mean: number): number => {
  const tries = 2 ** 30;
  return binomial(uniform, tries, Math.min(1, mean / tries));
};

export const bounds = [0.005, 0.01, 0.025, 0.05, 0.1, 0.15, 0.25, 0.3, 0.5, 1, 2.5] as const;

/** Share of requests quicker than `seconds`: log-normal, median 80 ms, p95 250 ms, 18 % above 150 ms. */
export const quickerThan = (seconds: number, slowdown: number): number =>
  Math.exp(logNormalCdf(Math.log(seconds / (0.08 * slowdown)) / 0.7));

type Outage = { readonly from: number; readonly to: number; readonly rate: number };

const outagesOf = (uniform: Uniform, everySeconds: number, from: number, to: number): readonly Outage[] => {
  const outages: Outage[] = [];
  for (let t = from + uniform() * everySeconds; t < to; t += everySeconds) {
    const length = 20 + 40 * uniform();
    outages.push({ from: t, to: t + length, rate: 0.05 + 0.1 * uniform() });
  }
  return outages;
};

/** One arm's counts over one tick. */
export type Tick = {
  readonly requests: number;
  readonly errors: number;
  readonly buckets: readonly number[];
};
export type Ticks = (from: number, to: number) => { readonly canary: Tick; readonly baseline: Tick };

const errorsOf = (uniform: Uniform, requests: number, rate: number, group: number): number =>
  group === 1 ? binomial(uniform, requests, rate) : group * poisson(uniform, (requests * rate) / group);

const spread = (uniform: Uniform, requests: number, slowdown: number | null): readonly number[] => {
  if (slowdown === null) return [];
  let below = 0;
  let shareBelow = 0;
  const counts = bounds.map((bound) => {
    const share = quickerThan(bound, slowdown);
    below += binomial(uniform, requests - below, (share - shareBelow) / (1 - shareBelow));
    shareBelow = share;
    return below;
  });
  return [...counts, requests];
};

/** The traffic of one simulated rollout, tick by tick, from second `start` to `end`. */
export const trafficOf = (truth: World, uniform: Uniform, start: number, end: number): Ticks => {
  const outages =
    truth.outages === null ? [] : outagesOf(uniform, truth.outages.everySeconds, start - 60, end);
  const shift = truth.burst === null ? 0 : uniform() * truth.burst.everySeconds;
  const outageRate = (from: number, to: number): number =>
    outages.reduce(
      (sum, outage) =>
        sum +
        (outage.rate * Math.max(0, Math.min(to, outage.to) - Math.max(from, outage.from))) / (to - from),
      0,
    );
  const burstErrors = (from: number, to: number): number => {
    if (truth.burst === null) return 0;
    const { errors, everySeconds } = truth.burst;
    return errors * (Math.floor((to + shift) / everySeconds) - Math.floor((from + shift) / everySeconds));
  };
  const tick = (mean: number, rate: number, batch: number, slowdown: number | null): Tick => {
    const arrived = poisson(uniform, mean);
    const errors = errorsOf(uniform, arrived, rate, truth.group);
    // A group is one request and its retries: those come on top.
    const requests = arrived + errors - errors / truth.group + batch;
    return {
      requests,
      errors: Math.min(errors + batch, requests),
      buckets: spread(uniform, requests, slowdown),
    };
  };
  return (from, to) => {
    const middle = (from + to) / 2;
    const share = middle < 0 ? 0 : truth.share(middle);
    const mean = truth.requestsPerSecond * truth.surge(middle) * (to - from);
    const outage = outageRate(from, to);
    const batch = burstErrors(from, to);
    const canaryBatch = binomial(uniform, batch, share);
    const rate = (own: number): number => Math.min(1, own + outage);
    return {
      canary: tick(mean * share, rate(truth.canaryRate(middle)), canaryBatch, truth.slowdown),
      baseline: tick(
        mean * (1 - share),
        rate(truth.baselineRate(middle)),
        batch - canaryBatch,
        truth.slowdown === null ? null : 1,
      ),
    };
  };
};
