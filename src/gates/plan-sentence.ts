import { chanceOfProof, proofSeconds, smallestFound } from './planner.ts';
import type { Outlook } from './planner.ts';
import type { InconclusivePolicy } from './settings.ts';
import { sayAbout, sayCount, sayMinutes, sayPoints, sayRate, sayRoundShare, saySeconds } from './words.ts';

/** The larger share that is offered instead of a longer watch. */
export const largerShare = 0.5;

/** How long the harm takes to be excluded at the planned share and, where that is smaller, at half the traffic. */
export const sayExclusion = (outlook: Outlook, seconds: number): string => {
  const points = `+${sayPoints(outlook.harm)}`;
  const planned = proofSeconds(outlook);
  const larger = outlook.share < largerShare ? proofSeconds({ ...outlook, share: largerShare }) : null;
  if (planned !== null && planned <= seconds) return `${points} is excluded in about ${sayMinutes(planned)}.`;
  const ways = [
    planned === null ? null : `about ${sayMinutes(planned)}`,
    larger === null ? null : `about ${sayMinutes(larger)} at ${sayRoundShare(largerShare)}`,
  ].filter((way) => way !== null);
  return ways.length === 0
    ? `Excluding ${points} takes over a week at this traffic.`
    : `To exclude ${points}: ${ways.join(', or ')}.`;
};

/** What a watch of `seconds` will be able to tell, said before it starts. */
export const planSentence = (outlook: Outlook, seconds: number): string => {
  const requests = outlook.requestsPerSecond * outlook.share * seconds;
  const found = smallestFound(outlook, seconds);
  const rate = sayRate(outlook.requestsPerSecond) === '1' ? 'request' : 'requests';
  const harmful = outlook.rate + outlook.harm;
  const unseen =
    found !== null && found <= harmful ? '' : `; a rise by ${sayPoints(outlook.harm)} stays unseen`;
  const shows =
    found === null
      ? `That shows no rise, however large`
      : `That shows a rise from ${sayAbout(outlook.rate)} to about ${sayAbout(found)} or more (4 times in 5)${unseen}`;
  return (
    `At ${sayRate(outlook.requestsPerSecond)} ${rate} per second a ${sayRoundShare(outlook.share)} canary gets about ` +
    `${sayCount(requests)} requests in ${sayMinutes(seconds)}. ${shows}. ${sayExclusion(outlook, seconds)}`
  );
};

/** An extension comes only where it would settle the question. */
const policyWords = ({ extendSeconds, then }: InconclusivePolicy, missing: number | null): string => {
  const last = { ask: 'a person is asked', rollback: 'it is rolled back', promote: 'the rollout goes on' }[
    then
  ];
  return extendSeconds === null || missing === null || missing > extendSeconds
    ? last
    : `${saySeconds(extendSeconds)} are added, and then ${last}`;
};

/** Warns of a watch that will probably not show a healthy release to be one; `null`: it probably will. `metric`: the custom one. */
export const planWarning = (
  outlook: Outlook,
  seconds: number,
  policy: InconclusivePolicy,
  metric: string | null = null,
): string | null => {
  const chance = chanceOfProof(outlook, seconds);
  if (chance >= 0.8) return null;
  const planned = proofSeconds(outlook);
  const missing = planned === null ? null : planned - seconds;
  return (
    `A watch of ${sayMinutes(seconds)} excludes +${sayPoints(outlook.harm)}${metric === null ? '' : ` of ${metric}`} for ` +
    `${sayCount(Math.round(chance * 100))} of 100 healthy releases; for the others ${policyWords(policy, missing)}.`
  );
};
