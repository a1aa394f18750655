import { growthOf } from './growth.ts';
import { judgedOf } from './judged.ts';
import type { Judged } from './judged.ts';
import { observedOutlook } from './outlook.ts';
import { largerShare } from './plan-sentence.ts';
import { proofSeconds, smallestFound } from './planner.ts';
import type { Outlook } from './planner.ts';
import type { GateSettings } from './settings.ts';
import type { GateState } from './state.ts';
import { healthOf } from './total.ts';
import { beta } from './weights.ts';
import { sayAbout, sayCount, sayPoints, sayRoundShare, sayTrafficShare } from './words.ts';

const watched = ({ since }: Judged, t: number): number => t - since.from;

/** How much of the proof is done, as the plan counts it, and what is missing of it, in nats. */
type Progress = { readonly done: number; readonly missing: number };

const missingOf = ({ state }: Judged): number => Math.max(0, -Math.log(beta) - healthOf(state.health).good);

const progressOf = (judged: Judged, outlook: Outlook, t: number): Progress => {
  const planned = proofSeconds(outlook);
  return {
    done: planned === null ? 0 : Math.min(1, watched(judged, t) / planned),
    missing: missingOf(judged),
  };
};

/** Seconds still needed at the share of the outlook: what the plan says, more where luck was bad. */
const remaining = (outlook: Outlook, { done, missing }: Progress): number | null => {
  const planned = proofSeconds(outlook);
  if (planned === null) return null;
  const traffic = {
    canary: outlook.requestsPerSecond * outlook.share,
    baseline: outlook.requestsPerSecond * (1 - outlook.share),
  };
  const rates = { canary: outlook.rate, baseline: outlook.rate };
  const growth = growthOf(traffic, rates, { ratio: 1, margin: outlook.harm }).mean / outlook.phi;
  return Math.max(planned * (1 - done), missing / growth, outlook.everySeconds);
};

const remainingOf = (settings: GateSettings, judged: Judged, t: number): number | null => {
  const outlook = observedOutlook(settings, judged, t);
  return outlook === null ? null : remaining(outlook, progressOf(judged, outlook, t));
};

/**
 * Seconds of watch that would still settle the question, as things look at second `t`; `null`: nobody can say. What a
 * pass must exclude beside the errors of the requests may take longer than they do.
 */
export const remainingSeconds = (settings: GateSettings, state: GateState, t: number): number | null => {
  const [requests, ...custom] = judgedOf(settings, state);
  const open = custom.filter((judged) => judged.proven && missingOf(judged) > 0);
  const asked =
    requests === undefined || (open.length > 0 && missingOf(requests) === 0) ? open : [requests, ...open];
  const all = asked.map((judged) => remainingOf(settings, judged, t));
  return all.reduce<number | null>(
    (most, one) => (most === null || one === null ? null : Math.max(most, one)),
    0,
  );
};

const longer = (seconds: number): string =>
  seconds < 120 ? `${sayCount(Math.ceil(seconds))} more seconds` : `${sayCount(seconds / 60)} more minutes`;

/** The unit is only repeated where it differs from the first one's. */
const orElse = (seconds: number, first: number): string => {
  if (seconds >= 120) return sayCount(seconds / 60);
  return first < 120 ? sayCount(Math.ceil(seconds)) : `${sayCount(Math.ceil(seconds))} seconds`;
};

/** What the watch that ends at second `t` would have seen, and what would settle the question. */
export const prospects = (settings: GateSettings, judged: Judged, t: number): string => {
  const outlook = observedOutlook(settings, judged, t);
  if (outlook === null) return '';
  const found = smallestFound(outlook, watched(judged, t));
  const seen = found === null ? '' : ` A rise to ${sayAbout(found)} would probably have been seen.`;
  const progress = progressOf(judged, outlook, t);
  const now = remaining(outlook, progress);
  if (now === null) return seen;
  const larger = outlook.share < largerShare ? remaining({ ...outlook, share: largerShare }, progress) : null;
  const other = larger === null ? '' : `, or ${orElse(larger, now)} at ${sayRoundShare(largerShare)},`;
  return `${seen} About ${longer(now)} at ${sayTrafficShare(outlook.share)}${other} would settle +${sayPoints(outlook.harm)}.`;
};
