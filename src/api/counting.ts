import type { ArmCounts } from '../../runbooks/verdict.ts';
import type { ArmCounters } from '../gates/counters.ts';
import { bookReading, noCounters } from '../gates/counters.ts';
import type { Reading } from '../gates/reading.ts';
import type { SampleView } from '../store/views.ts';
import type { Point } from './schemas/answers.ts';

type Arm = { counters: ArmCounters; requests: number; errors: number };

const emptyArm = (): Arm => ({ counters: noCounters, requests: 0, errors: 0 });

/**
 * Samples are on the rollout's clock, which begins with its first watch; where this one begins on it, in seconds. Of
 * times in ISO 8601.
 */
export const beginOf = (watch: { readonly startsAt: string }, first: { readonly startsAt: string }): number =>
  (Date.parse(watch.startsAt) - Date.parse(first.startsAt)) / 1000;

/**
 * Adds up one watch's samples, as the gate does (restarts of instances are no negative requests), into what a chart
 * shows: requests and errors of each arm since the watch began, at second `begin` of the rollout's clock.
 */
export class Counting {
  readonly #canary = emptyArm();
  readonly #baseline = emptyArm();
  readonly #begin: number;

  constructor(begin: number) {
    this.#begin = begin;
  }

  /** In the order of `t`; a reading that failed is `null`. */
  add({ t, sample, record = null }: Counted): Point {
    return {
      ...(record === null
        ? {}
        : { gate: { evidence: record.evidence, needed: record.needed, sentence: record.sentence } }),
      t: Math.round((t - this.#begin) * 1000) / 1000,
      canary: book(this.#canary, sample.canary, { t, since: this.#begin }),
      baseline: book(this.#baseline, sample.baseline, { t, since: this.#begin }),
    };
  }
}

/** A sample of a history, or of an older Sluice, has no record. */
type Counted = Omit<SampleView, 'record'> & Partial<Pick<SampleView, 'record'>>;

type Moment = { readonly t: number; readonly since: number };

const book = (arm: Arm, reading: Reading, { t, since }: Moment): ArmCounts | null => {
  const rules = { since, warmUpSeconds: 0, coldArm: false, bounds: null };
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
