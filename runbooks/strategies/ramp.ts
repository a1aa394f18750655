import type { Step } from '../runbook.ts';
import type { StrategyInput } from './parts.ts';
import { lastShare, replaces, shiftStep, split, watchStep } from './parts.ts';

/**
 * Traffic step by step, each watched, the last one with what is held back. Without an old version that could take
 * traffic there is nothing to compare with: all of it goes at once, one watch.
 */
export const rampSteps = (
  input: StrategyInput,
  percents: readonly number[],
  windowMs: number,
): readonly Step[] => {
  const shift = (percent: number, actual: number, note = ''): Step =>
    shiftStep(input, { percent, weights: split(input, actual), note });
  const look = (watch: number, percent: number, actual: number): Step =>
    watchStep(input, { watch, percent, actual, windowMs });
  if (!replaces(input)) return [shift(100, 100), look(0, 100, 100)];
  const before = percents.slice(0, -1);
  const ramp = before.flatMap((percent, i) => [shift(percent, percent), look(i, percent, percent)]);
  // A ramp that went higher than the share left by `holdBack` stays there: traffic never moves down on the way up.
  const last = Math.max(before.at(-1) ?? 0, lastShare(input.holdBack));
  if (last === 100) return [...ramp, shift(100, 100), look(before.length, 100, 100)];
  const note = ` (${String(100 - last)} % held back)`;
  return [...ramp, shift(100, last, note), look(before.length, 100, last), shift(100, 100)];
};
