import type { Totals } from './mixture.ts';
import { ticksIn } from './settings.ts';

/** What one watch keeps count of. */
export type WatchWindow = {
  readonly start: number;
  /** Planned length, extensions included. */
  readonly seconds: number;
  /** Due samples of the rollout before this watch. */
  readonly ticksBefore: number;
  /** Readings that both arms answered, and that the canary answered. */
  readonly seen: number;
  readonly answered: number;
  /** When the canary's metrics last answered; the start of the watch, where they have not. */
  readonly answeredAt: number;
  /** Seconds of the watch that the canary's samples cover. */
  readonly covered: number;
  /** The rollout's counts when the watch began. */
  readonly totals: Totals;
  readonly canaryCrashes: Crashes;
  readonly baselineCrashes: Crashes;
};

export type Crashes = { readonly restarts: number; readonly oomKills: number };

/** An out-of-memory kill is a restart, too: each is counted once, whichever the source tells. */
export const crashesOf = ({ restarts, oomKills }: Crashes): number => Math.max(restarts, oomKills);

const noCrashes: Crashes = { restarts: 0, oomKills: 0 };

/** A sample longer than this covers no more of the watch. */
const longestCovered = 60;

export const openWindow = (
  start: number,
  seconds: number,
  ticksBefore: number,
  totals: Totals,
): WatchWindow => ({
  start,
  seconds,
  ticksBefore,
  ...{ seen: 0, answered: 0, answeredAt: start, covered: 0, totals },
  canaryCrashes: noCrashes,
  baselineCrashes: noCrashes,
});

/** Number of the due sample at second `t`, counted through all watches of the rollout. */
export const tickAt = (window: WatchWindow, t: number, everySeconds: number): number => {
  const inWatch = Math.round((t - window.start) / everySeconds);
  return window.ticksBefore + Math.max(0, Math.min(inWatch, ticksIn(window.seconds, everySeconds)));
};

/** From here on the second copy of the proof of health counts. */
export const lateFrom = (window: WatchWindow): number => window.start + (2 / 3) * window.seconds;

/** Seconds of the watch that a canary sample up to second `t` covers, after one at second `last`. */
export const coveredBy = (window: WatchWindow, last: number, t: number): number =>
  Math.max(0, Math.min(longestCovered, t - Math.max(last, window.start)));
