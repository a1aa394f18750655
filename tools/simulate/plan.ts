import { growthOf } from '../../src/gates/growth.ts';
import { learn } from '../../src/gates/history.ts';
import type { Learnt } from '../../src/gates/history.ts';
import { chanceOfSlowFound, errorsOutlook, smallestSlowdown } from '../../src/gates/outlook.ts';
import { chanceOfRollback, medianSeconds, smallestFound } from '../../src/gates/planner.ts';
import type { Outlook } from '../../src/gates/planner.ts';
import { uniformFrom } from '../../src/gates/random.ts';
import type { GateSettings } from '../../src/gates/settings.ts';
import { historyOf } from './watch.ts';
import { world } from './world.ts';

const usual = 0.003;
const seed = 19;

const watchSeconds = (settings: GateSettings): number => settings.watches[0]?.seconds ?? 0;
const shareOf = (settings: GateSettings): number => settings.watches[0]?.share ?? 0;

/** What the planner has to go by: the half hour before. */
const learntOf = (settings: GateSettings, requestsPerSecond: number): Learnt => {
  const truth = world({ requestsPerSecond, slowdown: settings.latency === null ? null : 1 });
  return learn(settings, historyOf({ settings, world: truth }, uniformFrom(seed)));
};

const outlookOf = (settings: GateSettings, requestsPerSecond: number): Outlook => {
  const { phi } = learntOf(settings, requestsPerSecond);
  const share = shareOf(settings);
  const outlook = errorsOutlook(settings, { requestsPerSecond, share, rate: usual, phi });
  if (outlook === null) throw new Error('these settings judge no errors: nothing to plan');
  return outlook;
};

/** Seconds that any test with this chance of a false alarm needs in the mean, errors being independent (Wald). */
export const informationBound = (settings: GateSettings, requestsPerSecond: number, rate: number): number => {
  const share = shareOf(settings);
  const traffic = { canary: requestsPerSecond * share, baseline: requestsPerSecond * (1 - share) };
  const { mean } = growthOf(traffic, { canary: rate, baseline: usual }, { ratio: 1, margin: 0 });
  return -Math.log(settings.budget) / mean;
};

/** What the planner says of a release: how bad it is, its chance to be found in the watch, median seconds. */
export type Planned = { readonly size: number; readonly chance: number; readonly median: number | null };

/** The smallest failure rate that the planner says is found 4 times in 5. */
export const plannedErrors = (settings: GateSettings, requestsPerSecond: number): Planned => {
  const outlook = outlookOf(settings, requestsPerSecond);
  const size = smallestFound(outlook, watchSeconds(settings)) ?? 1;
  const chance = chanceOfRollback(outlook, size, watchSeconds(settings));
  return { size, chance, median: medianSeconds(outlook, size) };
};

/** The smallest slow-down of all requests that it says is found 4 times in 5, as a factor. */
export const plannedSlowdown = (settings: GateSettings, requestsPerSecond: number): Planned => {
  const { bounds, latency } = learntOf(settings, requestsPerSecond);
  if (bounds === null || latency === null) throw new Error('no latencies were learnt: nothing to plan');
  const expected = { requestsPerSecond, share: shareOf(settings) };
  const plan = [settings, bounds, latency, expected] as const;
  const size = smallestSlowdown(...plan, watchSeconds(settings)) ?? 10;
  return { size, chance: chanceOfSlowFound(...plan, size, watchSeconds(settings)), median: null };
};
