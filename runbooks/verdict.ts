import type { GateRecord } from './gate-record.ts';

/**
 * What a gate may say of a release, and why. `pass` means "shown to be healthy", never "nothing seen":
 * silence is `inconclusive`.
 */
export type VerdictKind = 'pass' | 'breach' | 'inconclusive';

/** Why a watch ended without an answer. */
export type InconclusiveReason =
  'no-data' | 'no-traffic' | 'too-little-traffic' | 'looks-bad' | 'saturation' | 'both-bad';

/** Requests and errors of one arm over the same stretch of time. */
export type ArmCounts = { readonly requests: number; readonly errors: number };

/**
 * The judgement of one watch: small enough for a workflow's history.
 * `t` is in seconds since the watch began; `sentence` is for people, numbers first.
 */
export type Verdict = {
  readonly kind: VerdictKind;
  /** `healthy` for a pass, the name of the test for a breach, an `InconclusiveReason` otherwise. */
  readonly reason: string;
  /** The custom metric that decided; absent: the requests, or a gauge. */
  readonly metric?: string;
  readonly sentence: string;
  readonly t: number;
  readonly canary: ArmCounts;
  readonly baseline: ArmCounts | null;
  /** Readings that both arms answered, and readings that were due. */
  readonly samples: { readonly seen: number; readonly due: number };
  /** SHA-256 of the watch's recording, hex; `null` where nothing was recorded. */
  readonly recording: string | null;
  /** The gate's record of the decision; absent where no gate judged. */
  readonly record?: GateRecord;
  /** Where traffic was too little: seconds of further watching that would probably settle it; `null`: nobody can say. */
  readonly settlesInSeconds?: number | null;
  /** Where metrics were missing: seconds since the new version's were last heard of. */
  readonly silentSeconds?: number;
};
