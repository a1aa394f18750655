import type { Point, Series } from './answer.ts';

/** The sample of exactly that time; `null`: there is none. */
export const valueAt = (points: readonly Point[], time: number): number | null => {
  let low = 0;
  let high = points.length - 1;
  while (low <= high) {
    const middle = (low + high) >> 1;
    const [at, value] = points[middle] ?? [Number.NaN, Number.NaN];
    if (at === time) return value;
    if (at < time) low = middle + 1;
    else high = middle - 1;
  }
  return null;
};

/** Which series (by their numbers, ascending) have a sample at each time, ascending. */
const membersByTime = (series: readonly Series[]): readonly (readonly [number, readonly number[]])[] => {
  const members = new Map<number, number[]>();
  for (const [number, { points }] of series.entries()) {
    for (const [time] of points) {
      const there = members.get(time);
      if (there === undefined) members.set(time, [number]);
      else there.push(number);
    }
  }
  return [...members].sort(([a], [b]) => a - b);
};

/** How many numbers two ascending lists share. */
const shared = (a: readonly number[], b: readonly number[]): number => {
  let found = 0;
  let i = 0;
  for (const number of a) {
    while ((b[i] ?? Number.POSITIVE_INFINITY) < number) i += 1;
    if (b[i] === number) found += 1;
  }
  return found;
};

type Stretch = { readonly from: number; readonly to: number };

/** Series that share times, directly or through others, are of one target: the stretches in which each was scraped. */
const stretchesOf = (scrapes: ReturnType<typeof membersByTime>): readonly Stretch[] => {
  const targetOf = new Map<number, number>();
  const target = (series: number): number => {
    let at = series;
    for (let next = targetOf.get(at); next !== undefined && next !== at; next = targetOf.get(at)) {
      // Shortened on the way, so that no chain is walked twice.
      targetOf.set(at, targetOf.get(next) ?? next);
      at = next;
    }
    return at;
  };
  for (const [, [first = 0, ...others]] of scrapes) {
    for (const series of others) targetOf.set(target(series), target(first));
  }
  const stretches = new Map<number, Stretch>();
  for (const [time, [first = 0]] of scrapes) {
    stretches.set(target(first), { from: stretches.get(target(first))?.from ?? time, to: time });
  }
  return [...stretches.values()].sort((a, b) => a.from - b.from);
};

/** Times of an instance's scrapes, ascending. `all`: whatever was seen; `whole`: those in which nothing is missing. */
export type ScrapeTimes = { readonly all: readonly number[]; readonly whole: readonly number[] };

/**
 * Times at which the series of one instance may be added up. One scrape gives all its samples one time; a time at which
 * a series is missing that the scrape before had is either half stored, or the first after a restart: it is left for
 * the next scrape to tell. Targets that are scraped by turns are not one instance: no time is whole then.
 */
export const scrapeTimes = (series: readonly Series[]): ScrapeTimes => {
  const scrapes = membersByTime(series);
  const all = scrapes.map(([time]) => time);
  const stretches = stretchesOf(scrapes);
  if (stretches.some(({ to }, i) => to >= (stretches[i + 1]?.from ?? Number.POSITIVE_INFINITY)))
    return { all, whole: [] };
  const whole = scrapes.filter(([, members], i) => {
    const before = scrapes[i - 1]?.[1];
    if (before !== undefined) return shared(members, before) === before.length;
    const after = scrapes[i + 1]?.[1];
    return after === undefined || shared(members, after) > 0;
  });
  return { all, whole: whole.map(([time]) => time) };
};

/** The newest of ascending times that is at most `until` and after `since`; `null`: none. */
export const newestIn = (times: readonly number[], since: number, until: number): number | null => {
  let low = 0;
  let high = times.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((times[middle] ?? 0) <= until) low = middle + 1;
    else high = middle;
  }
  const found = times[low - 1];
  return found === undefined || found <= since ? null : found;
};
