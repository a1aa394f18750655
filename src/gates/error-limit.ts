import type { ArmCounts, Verdict } from '../../runbooks/verdict.ts';
import { sayPercent } from '../../runbooks/units.ts';
import { difference, noCounts } from './difference.ts';
import type { Gate } from './gate.ts';
import type { Reading, Sample } from './reading.ts';

export type ErrorLimitSettings = {
  readonly canary: string;
  readonly baseline: string | null;
  /** Fraction of requests that may fail. */
  readonly max: number;
  /** Seconds between readings. */
  readonly every: number;
};

type Arm = { readonly last: Reading; readonly counts: ArmCounts };
export type ErrorLimitState = {
  readonly opened: number;
  readonly last: number | null;
  readonly samples: number;
  readonly canary: Arm;
  readonly baseline: Arm;
};
export type ErrorLimitRecord = {
  readonly t: number;
  readonly canary: ArmCounts;
  readonly baseline: ArmCounts;
};

const empty: Arm = { last: null, counts: noCounts };
const fewestRequests = 20;
const fewestSamples = 2;
const coverage = 0.8;
/** Three standard errors: a limit that is crossed by chance is not surely exceeded. */
const sure = 3;

const book = (arm: Arm, now: Reading): Arm => {
  if (now === null) return arm;
  if (arm.last === null) return { last: now, counts: arm.counts };
  const more = difference(arm.last, now);
  return {
    last: now,
    counts: { requests: arm.counts.requests + more.requests, errors: arm.counts.errors + more.errors },
  };
};

/** Wilson's lower bound of the share. */
const lowest = ({ requests, errors }: ArmCounts): number => {
  const p = errors / requests;
  const z = (sure * sure) / requests;
  return (p + z / 2 - sure * Math.sqrt((p * (1 - p)) / requests + z / (4 * requests))) / (1 + z);
};

const rate = ({ requests, errors }: ArmCounts): number => (requests === 0 ? 0 : errors / requests);

const say = (version: string, counts: ArmCounts): string =>
  `${String(counts.errors)} of ${String(counts.requests)} requests to ${version} failed (${sayPercent(rate(counts))})`;

const verdict = (
  settings: ErrorLimitSettings,
  state: ErrorLimitState,
  t: number,
  said: Pick<Verdict, 'kind' | 'reason' | 'sentence'>,
): Verdict => ({
  ...said,
  t: t - state.opened,
  canary: state.canary.counts,
  baseline: settings.baseline === null ? null : state.baseline.counts,
  samples: { seen: state.samples, due: Math.max(1, Math.floor((t - state.opened) / settings.every)) },
  recording: null,
});

const against = (settings: ErrorLimitSettings, state: ErrorLimitState): string =>
  settings.baseline === null ? '' : `, against ${say(settings.baseline, state.baseline.counts)}`;

/** The error limit of a service file: breached when surely exceeded while worse than the old version. */
export const errorLimitGate: Gate<ErrorLimitState, ErrorLimitSettings, ErrorLimitRecord> = {
  begin: () => ({ opened: 0, last: null, samples: 0, canary: empty, baseline: empty }),

  openWatch: (state, t) => ({
    opened: t,
    last: state.last,
    samples: 0,
    canary: { last: state.canary.last, counts: noCounts },
    baseline: { last: state.baseline.last, counts: noCounts },
  }),

  observe: (settings, state, sample: Sample) => {
    const both = sample.canary !== null && (settings.baseline === null || sample.baseline !== null);
    const stale = state.last !== null && sample.t <= state.last;
    const next: ErrorLimitState = stale
      ? state
      : {
          ...state,
          last: sample.t,
          samples: state.samples + (both ? 1 : 0),
          canary: book(state.canary, both ? sample.canary : null),
          baseline: book(state.baseline, both ? sample.baseline : null),
        };
    return {
      state: next,
      record: { t: sample.t, canary: next.canary.counts, baseline: next.baseline.counts },
    };
  },

  breach: (settings, state) => {
    const { counts } = state.canary;
    if (counts.requests < fewestRequests || state.samples < fewestSamples) return null;
    if (lowest(counts) <= settings.max) return null;
    if (settings.baseline !== null && rate(counts) <= rate(state.baseline.counts)) return null;
    return verdict(settings, state, state.last ?? state.opened, {
      kind: 'breach',
      reason: 'errors_vs_limit',
      sentence: `${say(settings.canary, counts)}${against(settings, state)}; the limit is ${sayPercent(settings.max)}.`,
    });
  },

  close: (settings, state, t) => {
    const breached = errorLimitGate.breach(settings, state);
    if (breached !== null) return breached;
    const { counts } = state.canary;
    const due = Math.max(1, Math.floor((t - state.opened) / settings.every));
    const end = (reason: string, sentence: string): Verdict =>
      verdict(settings, state, t, { kind: 'inconclusive', reason, sentence });
    if (state.samples < coverage * due) {
      return end(
        'no-data',
        `Only ${String(state.samples)} of ${String(due)} readings of ${settings.canary} came; this is not evidence of health.`,
      );
    }
    if (counts.requests === 0)
      return end('no-traffic', `${settings.canary} had no request; this is not evidence of health.`);
    const told = `${say(settings.canary, counts)}${against(settings, state)}`;
    if (counts.requests < fewestRequests) return end('too-little-traffic', `${told}: too few to tell.`);
    if (rate(counts) > settings.max)
      return end('looks-bad', `${told}: above the limit of ${sayPercent(settings.max)}, but not surely.`);
    return verdict(settings, state, t, {
      kind: 'pass',
      reason: 'healthy',
      sentence: `No rise above the limit of ${sayPercent(settings.max)}: ${told}.`,
    });
  },
};
