import type { ArmCounts } from '../../runbooks/verdict.ts';
import type { ArmCounters } from '../gates/counters.ts';
import { bookReading, noCounters } from '../gates/counters.ts';
import type { Reading } from '../gates/reading.ts';
import type { SampleView } from '../store/views.ts';
import type { Point } from './schemas/answers.ts';

type Arm = { counters: ArmCounters; requests: number; errors: number };

const emptyArm = (): Arm => ({ counters: noCounters, requests: 0, errors: 0 });

/**
 * Adds up one watch's samples, as the gate does (restarts of instances are no negative requests), into what a chart
 * shows: requests and errors of each arm since the watch began.
 */
export class Counting {
  readonly #canary = emptyArm();
  readonly #baseline = emptyArm();

  /** In the order of `t`; a reading that failed, or brought nothing new, is `null`. */
  add({ t, sample }: SampleView): Point {
    return {
      t,
      canary: book(this.#canary, sample.canary, t),
      baseline: book(this.#baseline, sample.baseline, t),
    };
  }
}

const book = (arm: Arm, reading: Reading, t: number): ArmCounts | null => {
  const rules = { since: 0, warmUpSeconds: 0, coldArm: false, bounds: null };
  const { counters, news, increment } = bookReading(arm.counters, reading, t, rules);
  if (news === 'silent') return null;
  arm.counters = counters;
  arm.requests += increment.requests;
  arm.errors += increment.errors;
  return { requests: arm.requests, errors: arm.errors };
};

/** About `most` of them, evenly, always with the first and the last: a chart has no more columns. */
export const thin = <T>(points: readonly T[], most: number): readonly T[] => {
  if (points.length <= most) return points;
  const step = (points.length - 1) / (most - 1);
  return Array.from({ length: most }, (_, i) => points[Math.round(i * step)]).filter(
    (point) => point !== undefined,
  );
};
