import { sayDuration } from '../../runbooks/units.ts';

/** 40310 → `"40 310"`. */
export const sayCount = (n: number): string => String(Math.round(n)).replace(/\B(?=(\d{3})+$)/g, ' ');

const decimals = (value: number, digits: number): string => {
  if (value === 0) return '0';
  if (value >= 9.95) return value.toFixed(0);
  const places = value >= 0.0995 ? digits : digits - 1 - Math.floor(Math.log10(value));
  return value.toFixed(Math.min(6, places));
};

/** A share for people: 0.033 → `"3.3 %"`, 0.31 → `"31 %"`, 0.0004 → `"0.04 %"`. */
export const sayShare = (share: number): string => `${decimals(share * 100, 1)} %`;

/** With one digit more, for shares that are to be compared closely: 0.00312 → `"0.31 %"`. */
export const sayFineShare = (share: number): string => `${decimals(share * 100, 2)} %`;

const trimmed = (text: string): string => (text.includes('.') ? text.replace(/\.?0+$/, '') : text);

/** A share that somebody chose, or a rough one: 0.01 → `"1 %"`, 0.0025 → `"0.25 %"`. */
export const sayRoundShare = (share: number): string =>
  `${trimmed((share * 100).toFixed(share >= 0.0995 ? 0 : 2))} %`;

/** Roughly, to one decimal at most: 0.0283 → `"2.8 %"`, 0.05 → `"5 %"`. */
export const sayAbout = (share: number): string => `${trimmed(decimals(share * 100, 1))} %`;

/** A share of the traffic as it was seen, to whole percents where it has any: 0.0988 → `"10 %"`. */
export const sayTrafficShare = (share: number): string =>
  share >= 0.015 ? `${String(Math.round(share * 100))} %` : sayAbout(share);

/** A difference of shares: 0.01 → `"1 point"`, 0.005 → `"0.5 points"`. */
export const sayPoints = (share: number): string => {
  const points = trimmed((share * 100).toFixed(4));
  return `${points} ${points === '1' ? 'point' : 'points'}`;
};

/** Seconds: 65 → `"1 min 5 s"`. */
export const saySeconds = (seconds: number): string => sayDuration(Math.round(seconds * 10) * 100);

/** A latency: 0.15 → `"150 ms"`, 2.5 → `"2.5 s"`. */
export const sayLatency = (seconds: number): string =>
  seconds < 1
    ? `${trimmed((seconds * 1000).toFixed(seconds < 0.01 ? 1 : 0))} ms`
    : `${trimmed(seconds.toFixed(2))} s`;

/** Read off a histogram, so rounded: 0.3682 → `"370 ms"`. */
export const sayRoughLatency = (seconds: number): string => sayLatency(Number(seconds.toPrecision(2)));

/** A rate of requests: 5, 0.4, 500. */
export const sayRate = (perSecond: number): string =>
  perSecond >= 9.95 ? sayCount(perSecond) : trimmed(perSecond.toFixed(1));

/** Minutes of a plan: 2660 → `"44 minutes"`; beyond three hours in hours, under two minutes in seconds. */
export const sayMinutes = (seconds: number): string => {
  if (seconds < 120) return `${String(Math.ceil(seconds))} seconds`;
  if (seconds < 3 * 3600) return `${String(Math.round(seconds / 60))} minutes`;
  return `${String(Math.round(seconds / 3600))} hours`;
};

const most = 1_000_000;

/** How rarely a healthy release looks so: `ln E` → `"1 of 2 000"`, two digits, at most a million. */
export const sayRarity = (logEvidence: number): string => {
  const n = Math.floor(Math.exp(Math.min(logEvidence, Math.log(most) + 1)));
  if (n >= most) return '1 of a million';
  const size = 10 ** Math.max(0, Math.floor(Math.log10(Math.max(1, n))) - 1);
  return `1 of ${sayCount(Math.floor(n / size) * size)}`;
};

/** Evidence as a number: 38.2 → `"38"`, 0.42 → `"0.4"`. */
export const sayEvidence = (evidence: number): string =>
  evidence >= 9.95 ? sayCount(Math.min(evidence, most)) : trimmed(evidence.toFixed(1));

/** A gauge's value or limit. */
export const sayValue = (value: number): string => trimmed(value.toPrecision(3));

/** Time of day of second `t` on a clock whose zero is `zeroMs` (ms since the epoch): `"14:02:10 UTC"`. */
export const sayTime = (zeroMs: number, t: number): string =>
  `${new Date(zeroMs + Math.round(t * 1000)).toISOString().slice(11, 19)} UTC`;

export const ratio = (events: number, requests: number): number => (requests === 0 ? 0 : events / requests);

/** `"9 of 2 944"`. */
export const ofCount = (events: number, requests: number): string =>
  `${sayCount(events)} of ${sayCount(requests)}`;
