/**
 * Fences: every write to a target carries a number that rises, and a target refuses one below the highest it has
 * seen. One epoch of numbers per rollout: forward writes by step, the way back above all of them, what `keep` does
 * after promotion above that; the next rollout's epoch is above everything.
 */
export const epochSpan = 10_000;
const backFrom = 5_000;
const backRound = 100;
const byHandFrom = 8_950;
const keepFrom = 9_000;
const glassFrom = 9_500;

/** The epoch of a rollout that begins while the target has seen `fence`. */
export const nextEpoch = (fence: number): number => Math.floor(fence / epochSpan) + 1;

export const forwardFence = (epoch: number, step: number): number => epoch * epochSpan + step + 1;

/** `round` counts the attempts that a person asked for after a failed way back; at most 38 are told apart. */
export const backFence = (epoch: number, round: number, index: number): number =>
  epoch * epochSpan + backFrom + Math.min(round, 38) * backRound + index;

export const keepFence = (epoch: number, index: number): number => epoch * epochSpan + keepFrom + index;

/** What a person writes by hand after a failed way back: above all that the rollout itself may still write. */
export const byHandFence = (epoch: number): number => epoch * epochSpan + byHandFrom;

/**
 * What break-glass writes: above `keep` too, which would otherwise take the returned version away when it wakes up. The
 * next rollout's epoch is above it.
 */
export const glassFence = (epoch: number): number => epoch * epochSpan + glassFrom;
