import { growthFor } from './growth.ts';
import { normalCdf } from './numerics.ts';
import { chanceOfRollback, smallestWhere } from './planner.ts';
import type { Outlook } from './planner.ts';
import { healthyParts } from './health.ts';
import { beta } from './weights.ts';

/** "May pass": 1 time in 20, as often as the proof of health lets the harm itself pass at most. */
const mayPass = beta;

/**
 * Chance that a canary whose rate is higher by `rise` is taken for healthy at the end of a watch: the proof of health
 * stands by then, through the likelier of its two alternatives, and nothing was rolled back before.
 */
export const chanceOfPass = (outlook: Outlook, rise: number, seconds: number): number => {
  const { requestsPerSecond, share, rate, harm, phi } = outlook;
  const traffic = { canary: requestsPerSecond * share, baseline: requestsPerSecond * (1 - share) };
  const truth = { canary: rate + rise, baseline: rate };
  const needed = Math.log(2) - Math.log(beta);
  const stands = healthyParts.map((part) => {
    const alternative = { canary: rate + part * harm, baseline: rate };
    const { mean, variance } = growthFor(traffic, truth, alternative, { ratio: 1, margin: harm });
    if (variance <= 0 || seconds <= 0) return 0;
    return normalCdf(((mean / phi) * seconds - needed) / Math.sqrt((variance / phi) * seconds));
  });
  return Math.max(...stands) * (1 - chanceOfRollback(outlook, rate + rise, seconds));
};

/** Largest rise that a watch of `seconds` lets pass 1 time in 20; `null`: not even a healthy canary passes so often. */
export const largestPassing = (outlook: Outlook, seconds: number): number | null => {
  if (chanceOfPass(outlook, 0, seconds) < mayPass) return null;
  const fails = (rise: number): boolean => chanceOfPass(outlook, rise, seconds) < mayPass;
  return smallestWhere(0, outlook.harm, fails) ?? outlook.harm;
};
