/** Nobody knows when a regression begins: half is bet on the first due sample, 0.4 on the other planned ones. */
const first = 0.5;
const planned = 0.9;

/**
 * Share of the bets placed up to and including due sample number `tick` (from 1) of a rollout with `plannedTicks`
 * due samples in all planned watches. The last tenth is for extensions: each later sample takes an equal share of
 * what is left of it, so it never runs out.
 */
export const onsetPlaced = (tick: number, plannedTicks: number): number => {
  if (tick <= 0) return 0;
  if (plannedTicks <= 1 && tick === 1) return planned;
  if (tick <= plannedTicks) return first + ((planned - first) * (tick - 1)) / (plannedTicks - 1);
  const kept = 1 - 1 / Math.max(2, plannedTicks);
  return 1 - (1 - planned) * kept ** (tick - plannedTicks);
};

/** What the mixtures need to know of one step: bets placed in it, bets still unplaced, and when its stretch began. */
export type Onset = { readonly placed: number; readonly left: number; readonly from: number };
