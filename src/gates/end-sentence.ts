import type { EndFinding } from './finding.ts';
import { judgedBy } from './judged.ts';
import type { Judged } from './judged.ts';
import { expClipped } from './numerics.ts';
import { passSentence } from './pass-sentence.ts';
import { prospects } from './prospects.ts';
import { recentCounts } from './recent.ts';
import type { GateSettings } from './settings.ts';
import { sinceOpened, slowSince } from './since.ts';
import type { GateState } from './state.ts';
import { evidenceOf } from './total.ts';
import {
  ofCount,
  ratio,
  sayAbout,
  sayCount,
  sayEvidence,
  sayLatency,
  saySeconds,
  sayShare,
  sayTime,
} from './words.ts';

/** A watch that ended at second `t`. */
type End = { readonly settings: GateSettings; readonly state: GateState; readonly t: number };

const lengthOf = ({ state, t }: End): number => t - (state.window?.start ?? t);
const notHealth = 'this is not evidence of health.';

const failed = (settings: GateSettings, { metric, since: { counts } }: Judged): string => {
  const verb = metric === null ? 'failed' : 'went wrong';
  const canary = `${sayCount(counts.canaryEvents)} ${verb} (${sayShare(ratio(counts.canaryEvents, counts.canary))})`;
  if (counts.baseline === 0) return canary;
  const share = sayShare(ratio(counts.baselineEvents, counts.baseline));
  return `${canary}, ${settings.release.stable}: ${ofCount(counts.baselineEvents, counts.baseline)} (${share})`;
};

/** What the canary's events are, and how many. */
const events = ({ metric, since: { counts } }: Judged): string =>
  metric === null
    ? `${sayCount(counts.canary)} canary requests`
    : `${sayCount(counts.canary)} ${metric} on the canary`;

const noDataSentence = (end: End): string => {
  const { settings, state, t } = end;
  const { version, zeroMs } = settings.release;
  const last = state.canarySeenAt;
  if (last === null) return `No metrics from ${version} in ${saySeconds(lengthOf(end))}; ${notHealth}`;
  const silent = t - last;
  if (silent < 2 * settings.everySeconds + 1) {
    const share = (state.window?.covered ?? 0) / Math.max(1e-9, lengthOf(end));
    return `Metrics from ${version} cover only ${sayAbout(share)} of ${saySeconds(lengthOf(end))}; ${notHealth}`;
  }
  const into = saySeconds(Math.max(0, last - (state.begun ?? 0)));
  const when = zeroMs === null ? `${into} into the rollout` : `at ${sayTime(zeroMs, last)}`;
  return `No metrics from ${version} for ${saySeconds(silent)} (last ${when}); ${notHealth}`;
};

const bothBadSentence = ({ settings, state, t }: End, gauge: string | null, judged: Judged): string => {
  const { version, stable } = settings.release;
  const tail = `this is not the release. Waiting for ${stable} to recover.`;
  if (gauge !== null) return `${gauge} is above its limit on ${version} and on ${stable}; ${tail}`;
  const counts = recentCounts(judged.recent, t - (state.begun ?? t));
  const canary = ratio(counts.canaryEvents, counts.canary);
  const baseline = ratio(counts.baselineEvents, counts.baseline);
  const alike = canary < 1.5 * baseline && baseline < 1.5 * canary;
  const both = ratio(counts.canaryEvents + counts.baselineEvents, counts.canary + counts.baseline);
  const said = alike
    ? `Both versions fail at about ${sayAbout(both)}`
    : `Both versions fail (${version}: ${sayAbout(canary)}, ${stable}: ${sayAbout(baseline)})`;
  return `${judged.metric === null ? '' : `${judged.metric}: `}${said}; ${tail}`;
};

/** Durations tell by the bound that speaks loudest. */
const slowPart = (settings: GateSettings, { metric, state }: Judged): string | null => {
  const slow = metric === null ? null : slowSince(state, 'latency_vs_baseline');
  if (slow === null) return null;
  const { counts } = slow.since;
  const canary = `${sayShare(ratio(counts.canaryEvents, counts.canary))} of ${sayCount(counts.canary)}`;
  const usual = `${sayShare(ratio(counts.baselineEvents, counts.baseline))} of ${sayCount(counts.baseline)}`;
  return `of ${metric ?? ''} ${canary} on the canary took longer than ${sayLatency(slow.seconds)}, ${settings.release.stable}: ${usual}`;
};

const looksBadSentence = (end: End, late: boolean, judged: Judged): string => {
  const { settings, state } = end;
  const { service, version } = settings.release;
  const evidence = sayEvidence(expClipped(evidenceOf(settings, state).total));
  const long = saySeconds(lengthOf(end));
  const what = late
    ? `The last third of ${long} speaks against ${service} ${version}`
    : `${long} are over and ${service} ${version} looks worse, but not surely so`;
  const slow = judged.errors === null ? slowPart(settings, judged) : null;
  return (
    `${what}: ${slow ?? `of ${events(judged)} ${failed(settings, judged)}`}. ` +
    `Evidence ${evidence} of ${sayEvidence(1 / settings.budget)}.`
  );
};

const tooFewSentence = (end: End, judged: Judged): string => {
  const { settings, t } = end;
  const long = saySeconds(lengthOf(end));
  if (judged.metric !== null && judged.since.counts.canary === 0)
    return `${long} are over and no ${judged.metric} were counted on ${settings.release.version}; ${notHealth}`;
  return (
    `${long} are over and ${events(judged)} are too few to tell: ` +
    `${failed(settings, judged)}.${prospects(settings, judged, t)}`
  );
};

/** What a watch that ended at second `t` without a breach found, in words, numbers first. */
export const endSentence = (
  settings: GateSettings,
  state: GateState,
  t: number,
  finding: EndFinding,
): string => {
  const end: End = { settings, state, t };
  const { version, stable } = settings.release;
  const long = saySeconds(lengthOf(end));
  const judged = judgedBy(settings, state, 'metric' in finding ? finding.metric : null);
  switch (finding.reason) {
    case 'healthy':
      return passSentence(settings, state, lengthOf(end));
    case 'no-data':
      return finding.lack === 'canary'
        ? noDataSentence(end)
        : `Nothing to compare ${version} with: no metrics of ${stable}, now or before; ${notHealth}`;
    case 'no-traffic': {
      // Without a request of the canary the baseline's wait to be paired.
      const others = sinceOpened(state).counts.baseline + state.pairing.baseline.requests;
      return `${version} got no request in ${long} (${stable}: ${sayCount(others)}); ${notHealth}`;
    }
    case 'saturation':
      return `${finding.gauge} on ${version} was too high, or above that on ${stable}, for long; nothing else speaks against it.`;
    case 'both-bad':
      return bothBadSentence(end, finding.gauge, judged);
    case 'looks-bad':
      return looksBadSentence(end, finding.late, judged);
    case 'too-little-traffic':
      return tooFewSentence(end, judged);
  }
};
