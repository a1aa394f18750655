import type { WatchOutlook } from '../../runbooks/outlook.ts';
import { errorRateOf, startErrorRate } from './baseline-rate.ts';
import { historyOf } from './custom.ts';
import { learn, trafficOf } from './history.ts';
import type { HistorySample, Learnt } from './history.ts';
import { errorsOutlook, smallestSlowdown } from './outlook.ts';
import { largestPassing } from './passing.ts';
import { planSentence, planWarning, sayExclusion } from './plan-sentence.ts';
import { proofSeconds, smallestFound } from './planner.ts';
import type { Outlook } from './planner.ts';
import type { GateSettings } from './settings.ts';
import { sayAbout, saySeconds, sayPoints } from './words.ts';

const unknown = (sentence: string): WatchOutlook => ({ known: false, sentence });

/**
 * What the first watch of these settings will tell, from the baseline's past: it has the smallest share of the traffic,
 * and what it does not show to be healthy goes no further.
 */
export const watchOutlook = (settings: GateSettings, history: readonly HistorySample[]): WatchOutlook => {
  const { stable } = settings.release;
  const [watch] = settings.watches;
  if (watch === undefined || watch.share >= 1)
    return unknown(
      `No traffic is left on ${stable} during the watch: it is compared with the half hour before, and an outage elsewhere would look the same.`,
    );
  const traffic = trafficOf(history);
  if (traffic === null)
    return unknown(
      `Nothing is known of the traffic of ${stable} so far: what a watch of ${saySeconds(watch.seconds)} will find can not be said.`,
    );
  const learnt = learn(settings, history);
  const outlook = errorsOutlook(settings, {
    requestsPerSecond: traffic.requestsPerSecond,
    share: watch.share,
    rate: errorRateOf(startErrorRate(learnt.rate, learnt.requests)),
    phi: learnt.phi,
  });
  if (outlook === null) return unknown('Errors are not judged: what a watch will find can not be said.');
  const { seconds, share } = watch;
  const passing = largestPassing(outlook, seconds);
  const slowdown = slowdownOf(settings, learnt, traffic.requestsPerSecond);
  const custom = customOutlooks(settings, history, share);
  const warning =
    planWarning(outlook, seconds, settings.onInconclusive) ??
    custom
      .filter(({ proven }) => proven)
      .map((one) => planWarning(one.outlook, seconds, settings.onInconclusive, one.name))
      .find((text) => text !== null) ??
    null;
  return {
    known: true,
    ...{ requestsPerSecond: outlook.requestsPerSecond, pastSeconds: traffic.seconds, rate: outlook.rate },
    ...{ share, watchSeconds: seconds, harm: outlook.harm },
    smallestFound: smallestFound(outlook, seconds),
    largestPassing: passing,
    excludedAfterSeconds: proofSeconds(outlook),
    smallestSlowdown: slowdown,
    suffices: warning === null,
    sentence: [
      planSentence(outlook, seconds),
      sayPassing(passing),
      saySlowdown(slowdown),
      ...custom.map(sayCustom(seconds)),
    ]
      .filter((text) => text !== null)
      .join(' '),
    warning,
    advice: sayExclusion(outlook, seconds),
  };
};

/** A custom share whose past is known, as the first watch will see it. */
type CustomOutlook = { readonly name: string; readonly proven: boolean; readonly outlook: Outlook };

const customOutlooks = (
  settings: GateSettings,
  history: readonly HistorySample[],
  share: number,
): readonly CustomOutlook[] =>
  settings.custom.flatMap(({ name, errors, proven }) => {
    const past = historyOf(history, name);
    const traffic = trafficOf(past);
    if (errors === null || traffic === null) return [];
    const learnt = learn({ latency: null }, past);
    const rate = errorRateOf(startErrorRate(learnt.rate, learnt.requests));
    const { requestsPerSecond } = traffic;
    const outlook = errorsOutlook(settings, { requestsPerSecond, share, rate, phi: learnt.phi }, errors);
    return outlook === null ? [] : [{ name, proven, outlook }];
  });

const sayCustom =
  (seconds: number) =>
  ({ name, proven, outlook }: CustomOutlook): string => {
    const found = smallestFound(outlook, seconds);
    const shown =
      found === null
        ? `no rise of ${name} is found, however large`
        : `a rise of ${name} from ${sayAbout(outlook.rate)} to about ${sayAbout(found)} or more is found (4 times in 5)`;
    const upper = `${shown.slice(0, 1).toUpperCase()}${shown.slice(1)}.`;
    return proven ? `${upper} ${sayExclusion(outlook, seconds)}` : upper;
  };

const slowdownOf = (
  settings: GateSettings,
  { bounds, latency }: Learnt,
  requestsPerSecond: number,
): number | null => {
  const [watch] = settings.watches;
  if (watch === undefined || bounds === null || latency === null) return null;
  const expected = { requestsPerSecond, share: watch.share };
  return smallestSlowdown(settings, bounds, latency, expected, watch.seconds);
};

const sayPassing = (rise: number | null): string =>
  rise === null
    ? 'Hardly any release will pass.'
    : `A rise of up to about ${sayPoints(Number(rise.toPrecision(1)))} may pass (1 time in 20).`;

const saySlowdown = (factor: number | null): string | null =>
  factor === null ? null : `Requests that all take ${sayAbout(factor - 1)} longer, or more, are found, too.`;
