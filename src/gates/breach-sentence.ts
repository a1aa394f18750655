import type { Breach } from './finding.ts';
import { judgedBy } from './judged.ts';
import type { Judged } from './judged.ts';
import type { Since } from './mixture.ts';
import type { GateSettings } from './settings.ts';
import { errorsSince, slowSince } from './since.ts';
import { quantileOf } from './slow-shares.ts';
import type { GateState } from './state.ts';
import type { StreamState } from './stream.ts';
import { evidenceOf } from './total.ts';
import { crashesOf } from './watch-window.ts';
import {
  sayCount,
  sayLatency,
  sayRarity,
  sayRoughLatency,
  sayRoundShare,
  saySeconds,
  sayShare,
  sayValue,
} from './words.ts';

const share = (events: number, requests: number): string => sayShare(requests === 0 ? 0 : events / requests);

/** What the canary's errors are set against: the baseline now, or what was usual before. */
const against = (settings: GateSettings, { state }: Judged, { counts }: Since): string => {
  const { stable } = settings.release;
  if (counts.baseline > 0) {
    const { baselineEvents, baseline } = counts;
    return `${sayCount(baselineEvents)} of ${sayCount(baseline)} on ${stable} (${share(baselineEvents, baseline)})`;
  }
  return state.learnt.rate === null ? `no baseline` : `${sayShare(state.learnt.rate)} before`;
};

/** What a custom metric is counted of is not known: its name says so before the numbers. */
const failures = ({ metric }: Judged, { counts }: Since): string => {
  const of = `${sayCount(counts.canaryEvents)} of ${sayCount(counts.canary)}`;
  return metric === null ? `${of} canary requests failed` : `${metric}: ${of} on the canary went wrong`;
};

const errorsPart = (settings: GateSettings, judged: Judged, since: Since, limit: number | null): string => {
  const { counts } = since;
  const held = limit === null ? '' : `, limit ${sayRoundShare(limit)}`;
  return `${failures(judged, since)} (${share(counts.canaryEvents, counts.canary)}${held}), against ${against(settings, judged, since)}`;
};

const firePart = (settings: GateSettings, judged: Judged, since: Since): string => {
  const { baselineEvents, baseline } = since.counts;
  const other =
    baseline === 0
      ? ''
      : `; ${settings.release.stable}: ${sayCount(baselineEvents)} of ${sayCount(baseline)}`;
  return `${failures(judged, since)}${other}`;
};

/** For people only, from the whole stretch; left out where the slowness began later. */
const p95 = ({ latency, learnt }: StreamState, sinceBegun: number): string => {
  if (latency === null || learnt.bounds === null || sinceBegun > 60) return '';
  const canary = quantileOf({ bounds: learnt.bounds, buckets: latency.canary }, 0.95);
  const baseline = quantileOf({ bounds: learnt.bounds, buckets: latency.baseline }, 0.95);
  if (canary === null || baseline === null) return '';
  return ` (p95 about ${sayRoughLatency(canary)} against ${sayRoughLatency(baseline)})`;
};

const latencyPart = (
  settings: GateSettings,
  judged: Judged,
  begun: number,
  test: 'latency_vs_baseline' | 'latency_vs_limit',
): string => {
  const { metric, state } = judged;
  const slow = slowSince(state, test);
  if (slow === null) return 'the canary is slower';
  const { counts, from } = slow.since;
  const limit = state.learnt.latency?.limited.find(({ bound }) => bound.index === slow.bound.index)?.limit;
  const held =
    test === 'latency_vs_limit' && limit !== undefined ? ` (limit ${sayRoundShare(limit.share)})` : '';
  const other =
    counts.baseline === 0
      ? ''
      : `, against ${share(counts.baselineEvents, counts.baseline)} on ${settings.release.stable}`;
  return (
    (metric === null
      ? `${share(counts.canaryEvents, counts.canary)} of canary requests took longer than `
      : `${metric}: ${share(counts.canaryEvents, counts.canary)} on the canary took longer than `) +
    `${sayLatency(slow.seconds)}${held}${other}${p95(state, from - begun)}`
  );
};

const crashPart = (settings: GateSettings, state: GateState): string => {
  const crashes = state.window?.canaryCrashes ?? { restarts: 0, oomKills: 0 };
  const memory = crashes.oomKills > 0 ? ` (${sayCount(crashes.oomKills)} out of memory)` : '';
  return `${sayCount(crashesOf(crashes))} crashes of canary instances${memory}, none on ${settings.release.stable}`;
};

const limitPart = (settings: GateSettings, gauge: string): string => {
  const max = settings.saturation.find(({ name }) => name === gauge)?.max ?? null;
  const limit = max === null ? 'its limit' : `its limit of ${sayValue(max)}`;
  return `${gauge} was above ${limit} for 60 s on the canary, not on ${settings.release.stable}`;
};

const gaugesPart = (settings: GateSettings): string => {
  const names = settings.saturation.map(({ name, perRequest }) =>
    perRequest ? `${name} per request` : name,
  );
  return `${names.join(', ')} stayed above that of ${settings.release.stable} by more than is tolerated`;
};

/** Added where there was no baseline to compare with. */
export const historyCaveat = (settings: GateSettings, state: GateState): string =>
  state.pairing.alone
    ? ` Compared with the half hour before, because no traffic is left on ${settings.release.stable};` +
      ' an outage elsewhere would look the same.'
    : '';

const part = (settings: GateSettings, state: GateState, breach: Breach): string => {
  const judged = judgedBy(settings, state, 'metric' in breach ? breach.metric : null);
  switch (breach.reason) {
    case 'errors_vs_baseline':
      return errorsPart(settings, judged, errorsSince(judged, breach.reason), null);
    case 'errors_vs_limit':
      return errorsPart(settings, judged, errorsSince(judged, breach.reason), judged.errors?.max ?? null);
    case 'on_fire':
      return firePart(settings, judged, errorsSince(judged, breach.reason));
    case 'latency_vs_baseline':
    case 'latency_vs_limit':
      return latencyPart(settings, judged, state.begun ?? 0, breach.reason);
    case 'gauges':
      return gaugesPart(settings);
    case 'gauge_limit':
      return limitPart(settings, breach.gauge);
    case 'restarts':
      return crashPart(settings, state);
  }
};

/** How rare this is for a healthy release; not said of rules that are no statistics, nor of what is plain to see. */
const rarity = (settings: GateSettings, state: GateState, breach: Breach): string => {
  if (breach.reason === 'on_fire' || breach.reason === 'gauge_limit' || breach.reason === 'restarts')
    return '';
  const { total } = evidenceOf(settings, state);
  return ` A healthy release would look this bad in fewer than ${sayRarity(total)} rollouts.`;
};

/** Why a release is rolled back, in one or two sentences, numbers first. */
export const breachSentence = (settings: GateSettings, state: GateState, breach: Breach): string => {
  const { service, version } = settings.release;
  const after = saySeconds((state.t ?? 0) - (state.begun ?? 0));
  const said = part(settings, state, breach);
  const tail = rarity(settings, state, breach) + historyCaveat(settings, state);
  return `Rolled back ${service} ${version} after ${after}: ${said}.${tail}`;
};
