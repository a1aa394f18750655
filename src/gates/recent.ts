import type { Counts } from './projection.ts';

/** Ten seconds of the recent past: number of the slot, counts of both arms, and `ln` of all evidence at its end. */
export type RecentSlot = readonly [
  slot: number,
  canaryErrors: number,
  canary: number,
  baselineErrors: number,
  baseline: number,
  logEvidence: number,
];

const slotSeconds = 10;
const slots = 12;

/** Adds a sample that closed `t` seconds after the canary took traffic; slots older than 2 min are dropped. */
export const addRecent = (
  recent: readonly RecentSlot[],
  t: number,
  counts: Counts,
  logEvidence: number,
): readonly RecentSlot[] => {
  const slot = Math.floor(t / slotSeconds);
  const kept = recent.filter(([number]) => number > slot - slots && number !== slot);
  const [, canaryErrors, canary, baselineErrors, baseline] = recent.find(([number]) => number === slot) ?? [
    slot,
    ...([0, 0, 0, 0] as const),
  ];
  const grown: RecentSlot = [
    slot,
    canaryErrors + counts.canaryEvents,
    canary + counts.canary,
    baselineErrors + counts.baselineEvents,
    baseline + counts.baseline,
    logEvidence,
  ];
  return [...kept, grown];
};

/** Counts of the two minutes before second `t`. */
export const recentCounts = (recent: readonly RecentSlot[], t: number): Counts => {
  const first = Math.floor(t / slotSeconds) - slots;
  return recent.reduce<Counts>(
    (sum, [slot, canaryErrors, canary, baselineErrors, baseline]) =>
      slot <= first
        ? sum
        : {
            canaryEvents: sum.canaryEvents + canaryErrors,
            canary: sum.canary + canary,
            baselineEvents: sum.baselineEvents + baselineErrors,
            baseline: sum.baseline + baseline,
          },
    { canaryEvents: 0, canary: 0, baselineEvents: 0, baseline: 0 },
  );
};

const slopeSlots = 3;

/** Growth of the evidence over the last half minute, in nats per second; `null`: too early to tell. */
export const recentSlope = (recent: readonly RecentSlot[]): number | null => {
  const last = recent.at(-1);
  const earlier = recent.at(-1 - slopeSlots) ?? recent[0];
  if (last === undefined || earlier === undefined || last[0] === earlier[0]) return null;
  return (last[5] - earlier[5]) / ((last[0] - earlier[0]) * slotSeconds);
};
