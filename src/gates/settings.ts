/** What the errors of the canary are held to; all are shares of requests. */
export type ErrorSettings = {
  /** A limit the release may not surely exceed while worse than the baseline; `null`: none. */
  readonly max: number | null;
  /** Tolerated on top of `ratio` times the baseline's rate. */
  readonly margin: number;
  readonly ratio: number;
  /** What a pass must exclude. */
  readonly harm: number;
};

/** "`quantile` of the requests take at most `seconds`": at most `share` may be slower. */
export type LatencyLimit = { readonly quantile: number; readonly share: number; readonly seconds: number };
export type LatencySettings = {
  readonly limits: readonly LatencyLimit[];
  /** A slow-down tolerated, as a fraction of the time. */
  readonly margin: number;
};

export type GaugeSettings = {
  readonly name: string;
  /** A limit that somebody wrote down; `null`: none. */
  readonly max: number | null;
  /** An increase tolerated, as a fraction. */
  readonly margin: number;
  /** Compared per request: what grows with the traffic says nothing about the release. */
  readonly perRequest: boolean;
};

/**
 * A metric of the service's own: a share of events, judged as errors are, or durations, judged as latency is. `proven`:
 * a pass must exclude its harm, too.
 */
export type CustomSettings = {
  readonly name: string;
  readonly errors: ErrorSettings | null;
  readonly latency: LatencySettings | null;
  readonly proven: boolean;
};

/** What follows a watch that ends without an answer. */
export type InconclusivePolicy = {
  /** `null`: no extension. */
  readonly extendSeconds: number | null;
  readonly then: 'ask' | 'rollback' | 'promote';
};

/** Names for the sentences. */
export type ReleaseNames = {
  readonly service: string;
  readonly version: string;
  readonly stable: string;
  /** When the watch's clock was 0, in ms since the epoch, so that sentences can give times of day; `null`: unknown. */
  readonly zeroMs: number | null;
};

/** Everything a gate needs to know, in numbers: seconds and shares. */
export type GateSettings = {
  readonly release: ReleaseNames;
  readonly everySeconds: number;
  /** Planned length of each watch of the rollout, and the canary's planned share in it (1: nothing is held back). */
  readonly watches: readonly { readonly seconds: number; readonly share: number }[];
  /** False alarms, over the whole rollout. */
  readonly budget: number;
  readonly errors: ErrorSettings | null;
  readonly latency: LatencySettings | null;
  readonly saturation: readonly GaugeSettings[];
  readonly custom: readonly CustomSettings[];
  readonly warmUpSeconds: number;
  readonly historySeconds: number;
  /** Share left on the old version while the last watch runs. */
  readonly holdBack: number;
  readonly onInconclusive: InconclusivePolicy;
};

export type LatencyOptions = {
  readonly limits?: readonly { readonly quantile: number; readonly seconds: number }[];
  readonly margin?: number;
};

/** `errors`: of a share; no `max` is no limit, no `harm` asks nothing of a pass. `latency`: of durations. */
export type CustomOptions = { readonly name: string } & (
  | { readonly errors: { readonly max?: number; readonly margin?: number; readonly harm?: number } }
  | { readonly latency: LatencyOptions }
);

/** What a service file may say of a gate, in numbers; what is absent gets its default. */
export type GateOptions = {
  readonly release: Omit<ReleaseNames, 'zeroMs'> & { readonly zeroMs?: number | null };
  readonly everySeconds?: number;
  readonly watchSeconds?: number;
  /** Shares of the traffic, one watch each. */
  readonly steps?: readonly number[];
  readonly budget?: number;
  /** `slo`: the objective as a share of good requests, 0.999. `null`: errors are not judged. */
  readonly errors?: (Partial<ErrorSettings> & { readonly slo?: number }) | null;
  readonly latency?: LatencyOptions | null;
  readonly saturation?: readonly {
    readonly name: string;
    readonly max?: number | null;
    readonly margin?: number;
    readonly perRequest?: boolean;
  }[];
  readonly custom?: readonly CustomOptions[];
  readonly warmUpSeconds?: number;
  readonly historySeconds?: number;
  readonly holdBack?: number;
  readonly onInconclusive?: Partial<InconclusivePolicy>;
};

/** Settings that contradict themselves; the message says which and how to mend it. */
export class GateSettingsError extends Error {
  readonly code = 'GATE_SETTINGS_INVALID';
  override readonly name = 'GateSettingsError';
}

/** An objective sets the tolerance to its budget, harm to five times, the limit to ten times that. */
const errorSettings = (options: NonNullable<GateOptions['errors']>): ErrorSettings => {
  const { slo, max, margin, ratio, harm } = options;
  if (slo !== undefined && !(slo > 0 && slo < 1)) {
    throw new GateSettingsError(
      `errors.slo is ${String(slo)}: give a share between 0 and 1, such as 0.999 for 99.9 %`,
    );
  }
  const allowed = slo === undefined ? null : 1 - slo;
  return {
    max: max === undefined ? Math.min(0.95, 10 * (allowed ?? 0.001)) : max,
    margin: margin ?? allowed ?? 0.002,
    ratio: ratio ?? 1.1,
    harm: harm ?? Math.min(0.5, 5 * (allowed ?? 0.002)),
  };
};

const latencySettings = (
  { limits, margin = 0.1 }: LatencyOptions,
  usual: readonly { readonly quantile: number; readonly seconds: number }[],
): LatencySettings => ({
  limits: (limits ?? usual).map(({ quantile, seconds }) => ({ quantile, seconds, share: 1 - quantile })),
  margin,
});

const customSettings = (options: CustomOptions): CustomSettings => {
  const { name } = options;
  if ('latency' in options)
    return { name, errors: null, latency: latencySettings(options.latency, []), proven: false };
  const { max = null, ...rest } = options.errors;
  return {
    ...{ name, latency: null, proven: rest.harm !== undefined },
    errors: errorSettings({ ...rest, max }),
  };
};

const inRange = (name: string, value: number, low: number, high: number): void => {
  if (value >= low && value <= high) return;
  throw new GateSettingsError(
    `${name} is ${String(value)}: give a number from ${String(low)} to ${String(high)}`,
  );
};

const checkEvents = (
  share: string,
  durations: string,
  { errors, latency }: Pick<GateSettings, 'errors' | 'latency'>,
): void => {
  if (errors !== null) {
    inRange(`${share}.margin`, errors.margin, 0, 0.9);
    inRange(`${share}.ratio`, errors.ratio, 1, 10);
    inRange(`${share}.harm`, errors.harm, 1e-6, 0.5);
    if (errors.max !== null) inRange(`${share}.max`, errors.max, 1e-6, 0.95);
  }
  if (latency !== null) {
    inRange(`${durations}.margin`, latency.margin, 0, 5);
    for (const limit of latency.limits) inRange(`${durations} quantile`, limit.quantile, 0.05, 0.9999);
  }
};

const check = (settings: GateSettings): GateSettings => {
  inRange('everySeconds', settings.everySeconds, 0.05, 3600);
  inRange('budget', settings.budget, 1e-6, 0.5);
  inRange('holdBack', settings.holdBack, 0, 0.5);
  if (settings.watches.length === 0)
    throw new GateSettingsError('steps is empty: a gate needs at least one watch');
  for (const watch of settings.watches) {
    inRange('watchSeconds', watch.seconds, settings.everySeconds, 30 * 86_400);
    inRange('steps', watch.share, 0, 1);
  }
  if (settings.errors === null && settings.latency === null) {
    throw new GateSettingsError(
      'neither errors nor latency are judged: gauges alone can not show a release to be healthy; add errors',
    );
  }
  checkEvents('errors', 'latency', settings);
  const names = settings.custom.map(({ name }) => name);
  const twice = names.find((name, i) => names.indexOf(name) !== i);
  if (twice !== undefined) throw new GateSettingsError(`custom has two metrics of the name ${twice}`);
  for (const metric of settings.custom) checkEvents(`custom.${metric.name}`, `custom.${metric.name}`, metric);
  return settings;
};

/**
 * Settings with the defaults filled in.
 * @throws GateSettingsError where they contradict themselves.
 */
export const gateSettings = (options: GateOptions): GateSettings => {
  const watchSeconds = options.watchSeconds ?? 900;
  const holdBack = options.holdBack ?? 0.1;
  const { errors = {}, latency = null } = options;
  return check({
    release: { ...options.release, zeroMs: options.release.zeroMs ?? null },
    everySeconds: options.everySeconds ?? 5,
    watches: (options.steps ?? [0.1, 0.5, 1]).map((share, i, steps) => ({
      seconds: watchSeconds,
      share: i === steps.length - 1 ? Math.min(share, 1 - holdBack) : share,
    })),
    budget: options.budget ?? 0.01,
    errors: errors === null ? null : errorSettings(errors),
    latency: latency === null ? null : latencySettings(latency, [{ quantile: 0.95, seconds: 0.3 }]),
    saturation: (options.saturation ?? []).map(({ name, max = null, margin = 0.2, perRequest }) => ({
      name,
      max,
      margin,
      perRequest: perRequest ?? name === 'cpu',
    })),
    custom: (options.custom ?? []).map(customSettings),
    warmUpSeconds: options.warmUpSeconds ?? 30,
    historySeconds: options.historySeconds ?? 1800,
    holdBack,
    onInconclusive: {
      extendSeconds:
        options.onInconclusive?.extendSeconds === undefined ? 900 : options.onInconclusive.extendSeconds,
      then: options.onInconclusive?.then ?? 'ask',
    },
  });
};

/** Due samples of all planned watches of a rollout. */
export const plannedTicks = (settings: GateSettings): number =>
  settings.watches.reduce((sum, watch) => sum + ticksIn(watch.seconds, settings.everySeconds), 0);

/** Due samples of one watch. */
export const ticksIn = (seconds: number, everySeconds: number): number =>
  Math.max(1, Math.round(seconds / everySeconds));
