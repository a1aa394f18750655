import type { ReleaseStep, Step, WatchStep } from '../runbook.ts';
import { sayDuration } from '../units.ts';

/** A flag on its way from `now` to the last of `percents`. */
export type FlagRamp = {
  readonly flag: string;
  readonly now: number;
  readonly percents: readonly number[];
  readonly windowMs: number;
  /** The version whose code has the flag. */
  readonly version: string;
  /** Number of the ramp's first watch within the rollout. */
  readonly firstWatch: number;
};

/** `now`: what the way back sets it to; `null` where it is itself the way back. */
export const releaseStep = (flag: string, percent: number, now: number | null): ReleaseStep => ({
  kind: 'release',
  title: percent === 0 ? `${flag} off` : `${flag} for ${String(percent)} %`,
  flag,
  percent,
  back: now === null ? [] : [{ do: 'flag', flag, percent: now }],
});

/**
 * Percent by percent, each watched. Those with and those without the new behaviour are served by the same instances:
 * a watch compares with what was usual before, not with a version beside it.
 */
export const flagSteps = (ramp: FlagRamp): readonly Step[] =>
  ramp.percents.flatMap((percent, i): readonly Step[] => [
    releaseStep(ramp.flag, percent, ramp.now),
    watchFlag(ramp, percent, ramp.firstWatch + i),
  ]);

const watchFlag = ({ flag, windowMs, version }: FlagRamp, percent: number, watch: number): WatchStep => ({
  kind: 'watch',
  title: `watch ${sayDuration(windowMs)} with ${flag} at ${String(percent)} %`,
  watch,
  percent,
  windowMs,
  canary: version,
  baseline: null,
  back: [],
});

/** From what it is to what is wanted, by those of the file's steps that lie between. */
export const percentsBetween = (steps: readonly number[], now: number, wanted: number): readonly number[] => [
  ...steps.filter((percent) => percent > now && percent < wanted),
  wanted,
];
