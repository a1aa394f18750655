import type { CustomReading, Reading, Sample } from '../../../src/gates/reading.ts';
import { armOf, evenHistory, samplesFrom, times } from './make.ts';
import type { Did } from './make.ts';

/** A healthy release at 50 req/s and 10 %. */
export const healthy = (n = 180) =>
  samplesFrom(
    times(n, (i): Did => ({ canary: [i % 20 === 0 ? 1 : 0, 25], baseline: [i % 3 === 2 ? 2 : 0, 225] })),
  );

export type Arm = 'canary' | 'baseline';

/** Samples with one more metric, read by `own`. */
export const beside = (
  samples: readonly Sample[],
  name: string,
  own: (arm: Arm, t: number) => CustomReading | null,
): readonly Sample[] => {
  const grown = (reading: Reading, arm: Arm, t: number): Reading =>
    reading && { ...reading, custom: { ...reading.custom, [name]: own(arm, t) } };
  return samples.map(({ t, canary, baseline }) => ({
    t,
    canary: grown(canary, 'canary', t),
    baseline: grown(baseline, 'baseline', t),
  }));
};

/** Events per 5 s and how many of 100 go wrong, of each arm. */
export type Rates = Readonly<Record<Arm, readonly [perReading: number, percent: number]>>;

export const share =
  (rates: Rates) =>
  (arm: Arm, t: number): CustomReading => {
    const [perReading, percent] = rates[arm];
    const all = (t / 5) * perReading;
    return armOf(arm === 'canary' ? 'pc' : 'pb', t, all, Math.floor((all * percent) / 100));
  };

/** Durations: so many of 100 longer than 0.2 s. */
export const durations =
  (slow: Readonly<Record<Arm, number>>) =>
  (arm: Arm, t: number): CustomReading => {
    const all = (t / 5) * (arm === 'canary' ? 20 : 180);
    const quick = Math.ceil((all * (100 - slow[arm])) / 100);
    const latency = {
      le: [0.05, 0.2, 1, '+Inf'] as const,
      count: [Math.floor(quick / 2), quick, all, all],
    };
    return { at: t, instances: [{ id: arm, requests: all, errors: 0, latency }] };
  };

export const declined = (canary: number, baseline: number): Rates => ({
  canary: [10, canary],
  baseline: [90, baseline],
});

/** The past of the requests and of one share. */
export const past = (percent: number) =>
  evenHistory().map(({ t, baseline }) => {
    const all = (t + 1800) * 18;
    const own = armOf('pb', t, all, Math.floor((all * percent) / 100));
    return { t, baseline: baseline && { ...baseline, custom: { payments: own } } };
  });
