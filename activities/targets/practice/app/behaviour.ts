import type { Manifest } from '../manifest.ts';
import { normal } from '../prng.ts';
import type { Random } from '../prng.ts';

/** What one request meets: an answer after so many ms, or the end of the process. */
export type Outcome =
  | { readonly kind: 'answer'; readonly afterMs: number; readonly failed: boolean }
  | { readonly kind: 'crash' };

/** 95th percentile of the standard normal distribution. */
const z95 = 1.644854;
const longestMs = 30_000;

/** How far a drift has come, from 0 (not begun) to 1. */
const progress = (drift: { readonly fromMs: number; readonly toMs: number }, ageMs: number): number =>
  Math.min(1, Math.max(0, (ageMs - drift.fromMs) / (drift.toMs - drift.fromMs)));

/** Share of requests that fail in an instance that has run for `ageMs`. */
export const errorRateAt = ({ errorRate, drift }: Manifest, ageMs: number): number =>
  drift?.errorRate === undefined
    ? errorRate
    : errorRate + (drift.errorRate - errorRate) * progress(drift, ageMs);

/** What latencies are multiplied with at that age. */
export const latencyFactorAt = ({ drift }: Manifest, ageMs: number): number =>
  drift?.latencyFactor === undefined ? 1 : 1 + (drift.latencyFactor - 1) * progress(drift, ageMs);

/** Draws the outcome of one request to the application (not of probes). */
export const outcomeOf = (manifest: Manifest, random: Random, ageMs: number): Outcome => {
  const { latency, crash } = manifest;
  if (crash !== undefined && 'perRequest' in crash && random() < crash.perRequest) return { kind: 'crash' };
  const spread = Math.log(latency.p95Ms / latency.medianMs) / z95;
  const ms = latency.medianMs * Math.exp(spread * normal(random)) * latencyFactorAt(manifest, ageMs);
  return {
    kind: 'answer',
    afterMs: Math.min(ms, longestMs),
    failed: random() < errorRateAt(manifest, ageMs),
  };
};
