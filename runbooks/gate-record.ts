type ArmCounts = { readonly requests: number; readonly errors: number };

/** Slow requests at the bucket bound that decided, in seconds. */
export type SlowCounts = {
  readonly bound_s: number;
  readonly canary: { readonly requests: number; readonly slow: number };
  readonly baseline: { readonly requests: number; readonly slow: number };
};

/**
 * The machine form of one sample or decision of a gate, as docs/recordings.md has it. Seconds; evidence as plain
 * numbers, needed for a rollback: `needed`.
 */
export type GateRecord = {
  readonly t: number;
  readonly verdict: 'pass' | 'breach' | 'inconclusive' | 'watching';
  readonly reason: string | null;
  /** The custom metric that decided, whose counts these are; absent: the requests, or a gauge. */
  readonly metric?: string;
  /** Since the canary took traffic. */
  readonly elapsed_s: number;
  readonly evidence: number;
  readonly needed: number;
  /** Evidence of each test, by its name; `errors_vs_baseline:payments` is that of a custom metric. */
  readonly tests: Readonly<Record<string, number>>;
  /** Counts since second `since_s` of the rollout: those that the sentence gives. */
  readonly canary: ArmCounts;
  readonly baseline: ArmCounts;
  readonly since_s: number;
  readonly latency: SlowCounts | null;
  readonly phi: number;
  readonly health_evidence: number;
  readonly late_evidence: number;
  /** No baseline to compare with at present. */
  readonly alone: boolean;
  /** Seconds since the canary's metrics last had news; `null`: never yet. */
  readonly silent_s: number | null;
  readonly sentence: string;
};
