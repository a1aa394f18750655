import { errorRateOf } from './baseline-rate.ts';
import type { LearntBound, LearntLatency } from './history.ts';
import type { Judged } from './judged.ts';
import { chanceOfRollback, smallestWhere } from './planner.ts';
import type { Outlook } from './planner.ts';
import type { ErrorSettings, GateSettings } from './settings.ts';
import { shareIfSlower } from './slow-shares.ts';
import { weightsOf } from './total.ts';
import { errorAlternatives, latencyAlternatives } from './weights.ts';

/** Traffic and errors that a watch is planned for. */
export type Expected = Pick<Outlook, 'requestsPerSecond' | 'share' | 'rate' | 'phi'>;

/** What a watch of these settings will see of errors, or of a custom share; `null`: errors are not judged. */
export const errorsOutlook = (
  settings: GateSettings,
  expected: Expected,
  errors: ErrorSettings | null = settings.errors,
): Outlook | null => {
  const { budget, everySeconds } = settings;
  if (errors === null) return null;
  return {
    ...expected,
    everySeconds,
    budget,
    weight: weightsOf(settings).get('errors_vs_baseline') ?? 1,
    edge: { ratio: errors.ratio, margin: errors.margin },
    smallestOdds: errorAlternatives.odds[0] ?? 1,
    events: 'rare',
    harm: errors.harm,
  };
};

/** The same from what the watch at hand has seen until second `t`; `null` where that is nothing. */
export const observedOutlook = (settings: GateSettings, judged: Judged, t: number): Outlook | null => {
  const { counts, from } = judged.since;
  const { errors, learnt } = judged.state;
  const requests = counts.canary + counts.baseline;
  if (requests === 0 || counts.canary === 0 || t <= from || errors === null) return null;
  const expected = {
    requestsPerSecond: requests / (t - from),
    share: counts.canary / requests,
    rate: errorRateOf(errors.rate),
    phi: learnt.phi,
  };
  return errorsOutlook(settings, expected, judged.errors);
};

type LatencyExpected = Pick<Outlook, 'requestsPerSecond' | 'share'>;

const boundOutlook = (
  settings: GateSettings,
  learnt: LearntLatency,
  expected: LatencyExpected,
  bound: LearntBound,
): Outlook => ({
  ...expected,
  rate: Math.max(bound.share, 1e-5),
  phi: bound.phi,
  everySeconds: settings.everySeconds,
  budget: settings.budget,
  weight: (weightsOf(settings).get('latency_vs_baseline') ?? 1) / learnt.compared.length,
  edge: { ratio: bound.ratio, margin: 0 },
  smallestOdds: latencyAlternatives.odds[0] ?? 1,
  events: 'common',
  harm: bound.share * (bound.harmRatio - 1),
});

/** Buckets blur a slow-down by a few percent of itself; a plan stays on the cautious side. */
const seenOf = (scale: number): number => 1 + 0.97 * (scale - 1);

/** Chance that a canary whose every request takes `scale` times as long is rolled back: by its best bound. */
export const chanceOfSlowFound = (
  settings: GateSettings,
  bounds: readonly number[],
  learnt: LearntLatency,
  expected: LatencyExpected,
  scale: number,
  seconds: number,
): number =>
  Math.max(
    0,
    ...learnt.compared.map((bound) => {
      const outlook = boundOutlook(settings, learnt, expected, bound);
      const slow = shareIfSlower({ bounds, buckets: learnt.buckets }, bound.index, seenOf(scale));
      return chanceOfRollback(outlook, Math.min(0.999, slow), seconds);
    }),
  );

/** Smallest slow-down of all requests found 4 times in 5, as a factor; `null`: not even tenfold. */
export const smallestSlowdown = (
  settings: GateSettings,
  bounds: readonly number[],
  learnt: LearntLatency,
  expected: LatencyExpected,
  seconds: number,
): number | null =>
  smallestWhere(
    1,
    10,
    (scale) => chanceOfSlowFound(settings, bounds, learnt, expected, scale, seconds) >= 0.8,
  );
