import { parseDuration, parsePercent } from '../units.ts';

/**
 * What a floor demands of a value that loosens it, as `must be …`; `null`: the floor is kept, or the value is none of
 * its kind, which the schema says. Both are as YAML gives them; `undefined`: nothing is said.
 */
export type Demand = (said: unknown, floor: unknown) => string | null;

type Measure = (raw: unknown) => number | null;

const inMs: Measure = (raw) => (typeof raw === 'string' ? parseDuration(raw) : null);
const inShares: Measure = (raw) => (typeof raw === 'string' ? parsePercent(raw) : null);
const counted: Measure = (raw) => (typeof raw === 'number' ? raw : null);
const listed: Measure = (raw) => (Array.isArray(raw) ? raw.length : null);

const limit =
  (measure: Measure, floorMeasure: Measure, keeps: (said: number, floor: number) => boolean, words: string) =>
  (said: unknown, floor: unknown): string | null => {
    const wanted = `must be ${words} ${String(floor)}`;
    if (said === undefined) return wanted;
    const amount = measure(said);
    const least = floorMeasure(floor);
    return amount === null || least === null || keeps(amount, least) ? null : wanted;
  };

const most = (said: number, floor: number): boolean => said <= floor;
const least = (said: number, floor: number): boolean => said >= floor;

export const longest: Demand = limit(inMs, inMs, most, 'at most');
export const shortest: Demand = limit(inMs, inMs, least, 'at least');
export const largestShare: Demand = limit(inShares, inShares, most, 'at most');
export const smallestShare: Demand = limit(inShares, inShares, least, 'at least');
export const fewest: Demand = limit(counted, counted, least, 'at least');
export const shortestList: Demand = limit(listed, counted, least, 'a list of at least');

/** `ranks` from the loosest to the strictest. */
export const strictest =
  (ranks: readonly unknown[]): Demand =>
  (said, floor) => {
    const wanted = ranks.indexOf(floor);
    const rest = ranks.slice(wanted).map(String).join(' or ');
    if (said !== undefined && (!ranks.includes(said) || ranks.indexOf(said) >= wanted)) return null;
    return `must be ${rest}`;
  };

export const same: Demand = (said, floor) =>
  said === floor || (said !== undefined && typeof said !== 'string') ? null : `must be ${String(floor)}`;

const textsOf = (raw: unknown): readonly string[] =>
  Array.isArray(raw) ? raw.filter((one) => typeof one === 'string') : [];

/** Nobody who is not named by the floor. */
export const noneBut: Demand = (said, floor) => {
  const allowed = textsOf(floor);
  const wanted = `may name none but ${allowed.join(', ')}`;
  if (said === undefined) return wanted;
  return textsOf(said).every((one) => allowed.includes(one)) ? null : wanted;
};

/** Every freeze of the floor, and any others. */
export const everyWindow: Demand = (said, floor) => {
  if (!Array.isArray(floor) || (said !== undefined && !Array.isArray(said))) return null;
  const there = new Set((said ?? []).map(windowKey));
  const missing = floor.filter((window) => !there.has(windowKey(window))).map(sayWindow);
  return missing.length === 0 ? null : `must hold the freeze ${missing.join(' and ')}, too`;
};

const textOf = (window: unknown, key: string): string => {
  const raw: unknown = typeof window === 'object' && window !== null ? Reflect.get(window, key) : undefined;
  return typeof raw === 'string' ? raw.trim().split(/\s+/).join(' ') : '';
};

/** A freeze is told by when it begins and how long it lasts; its reason is for people. */
const windowKey = (window: unknown): string =>
  JSON.stringify([
    textOf(window, 'cron'),
    parseDuration(textOf(window, 'for')),
    textOf(window, 'zone') || 'UTC',
  ]);

const sayWindow = (window: unknown): string => `"${textOf(window, 'cron')}" for ${textOf(window, 'for')}`;
