import { historyCaveat } from './breach-sentence.ts';
import { customOf } from './judged.ts';
import type { Counts } from './projection.ts';
import type { GateSettings } from './settings.ts';
import { sinceOpened, slowSince } from './since.ts';
import type { GateState } from './state.ts';
import { ofCount, ratio, sayCount, sayFineShare, sayLatency, sayPoints } from './words.ts';
import { sayRoundShare, saySeconds, sayShare } from './words.ts';

const times = (counts: Counts): string => {
  const usual = ratio(counts.baselineEvents, counts.baseline);
  if (usual === 0) return '';
  return `, ${(ratio(counts.canaryEvents, counts.canary) / usual).toFixed(1)}×`;
};

/** A gate on errors that was to judge latency, too, but saw no histogram, has to say so. */
const unseenLatency = (settings: GateSettings, state: GateState): string =>
  settings.latency !== null && (state.latency?.canary.at(-1) ?? 0) === 0
    ? ' Latency was not compared: no usable histogram came.'
    : '';

/** What was to be judged beside the requests: excluded where a pass has to, and missed where nothing came. */
const customPass = (settings: GateSettings, state: GateState): string =>
  customOf(settings, state)
    .map(({ metric, errors, proven, since: { counts } }) => {
      if (counts.canary === 0 || counts.baseline === 0) {
        const lacking = counts.canary === 0 ? settings.release.version : settings.release.stable;
        return ` ${metric ?? ''} was not compared: nothing was counted on ${lacking}.`;
      }
      if (!proven || errors === null) return '';
      const share = sayFineShare(ratio(counts.canaryEvents, counts.canary));
      const of = ofCount(counts.canaryEvents, counts.canary);
      return ` ${metric ?? ''}: no rise of ${sayPoints(errors.harm)} or more: ${of} on the canary went wrong (${share}).`;
    })
    .join('');

const errorsPass = (settings: GateSettings, state: GateState, harm: number, seconds: number): string => {
  const { service, version, stable } = settings.release;
  const { counts } = sinceOpened(state);
  const canaryShare = sayFineShare(ratio(counts.canaryEvents, counts.canary));
  const canary = `${ofCount(counts.canaryEvents, counts.canary)} canary requests failed (${canaryShare})`;
  const usual = sayFineShare(ratio(counts.baselineEvents, counts.baseline));
  const baseline =
    counts.baseline === 0
      ? ''
      : `, ${stable}: ${ofCount(counts.baselineEvents, counts.baseline)} (${usual}${times(counts)})`;
  return (
    `${service} ${version}: no rise of ${sayPoints(harm)} or more in ${saySeconds(seconds)}: ${canary}${baseline}. ` +
    `Smaller rises are not excluded.${unseenLatency(settings, state)}${customPass(settings, state)}${historyCaveat(settings, state)}`
  );
};

const latencyPass = (settings: GateSettings, state: GateState, margin: number, seconds: number): string => {
  const { service, version, stable } = settings.release;
  const slow = slowSince(state, 'latency_vs_baseline');
  const counts = slow?.since.counts;
  const seen =
    slow === null || counts === undefined
      ? ''
      : `: ${sayShare(ratio(counts.canaryEvents, counts.canary))} of ${sayCount(counts.canary)} canary requests ` +
        `took longer than ${sayLatency(slow.seconds)}, ` +
        `${stable}: ${sayShare(ratio(counts.baselineEvents, counts.baseline))} of ${sayCount(counts.baseline)}`;
  return (
    `${service} ${version}: no slow-down of ${sayRoundShare(5 * margin)} or more in ${saySeconds(seconds)}${seen}. ` +
    `Smaller slow-downs are not excluded.${customPass(settings, state)}`
  );
};

/** What a watch of `seconds` excluded; a pass never says "healthy" alone. */
export const passSentence = (settings: GateSettings, state: GateState, seconds: number): string =>
  settings.errors === null
    ? latencyPass(settings, state, settings.latency?.margin ?? 0, seconds)
    : errorsPass(settings, state, settings.errors.harm, seconds);
