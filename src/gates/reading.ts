/** One instance's cumulative counters since its own start, as a source reads them. */
export type InstanceReading = {
  readonly id: string;
  readonly requests: number;
  readonly errors: number;
  /** Start of the instance, in seconds on the watch's clock (negative: before it); absent where the source can't tell. */
  readonly started?: number;
  readonly restarts?: number;
  readonly oomKills?: number;
  /** Cumulative histogram: `count[i]` requests took at most `le[i]` seconds; the last bound is `+Inf`. */
  readonly latency?: { readonly le: readonly (number | '+Inf')[]; readonly count: readonly number[] };
  readonly gauges?: Readonly<Record<string, number>>;
};

/** One arm at one moment. `at`: time of the newest sample on the watch's clock, where the source tells it. */
export type ArmReading = CustomReading & {
  /**
   * The service's own metrics by name, each with its own instances and time. A share's `requests` are all its events,
   * its `errors` those that went wrong; durations have their count and histogram. `null`: that one could not be read.
   */
  readonly custom?: Readonly<Record<string, CustomReading | null>>;
};

/** One metric's counters at one moment. */
export type CustomReading = {
  readonly at?: number;
  readonly instances: readonly InstanceReading[];
  readonly gauges?: Readonly<Record<string, number>>;
};

/** `null`: the reading failed; nothing is known, and nothing is zero. */
export type Reading = ArmReading | null;

/** Both arms at second `t` of the watch's clock. */
export type Sample = { readonly t: number; readonly canary: Reading; readonly baseline: Reading };

/** The sample as one of the custom metrics sees it. */
export const sampleOf = ({ t, canary, baseline }: Sample, name: string): Sample => ({
  t,
  canary: canary?.custom?.[name] ?? null,
  baseline: baseline?.custom?.[name] ?? null,
});
