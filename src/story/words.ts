import type { RolloutState } from '../../runbooks/state.ts';
import { sayDuration, sayPercent } from '../../runbooks/units.ts';
import type { ArmCounts } from '../../runbooks/verdict.ts';

const second = 1000;
const minute = 60 * second;
const day = 24 * 60 * minute;

/** Times for people: a zone of the IANA database; `undefined`: the machine's. */
export type Zone = string | undefined;

const clocks = new Map<string, Intl.DateTimeFormat>();
const format = (zone: Zone, fields: 'clock' | 'day'): Intl.DateTimeFormat => {
  const key = `${fields} ${zone ?? ''}`;
  const known = clocks.get(key);
  if (known !== undefined) return known;
  const made = new Intl.DateTimeFormat('sv-SE', {
    ...(zone === undefined ? {} : { timeZone: zone }),
    ...(fields === 'clock' ? { timeStyle: 'medium' } : { dateStyle: 'short' }),
  });
  clocks.set(key, made);
  return made;
};

/** `14:02:11`, or with its day where it is another one than that of `now`: `2026-08-01 14:02:11`. */
export const sayTime = (iso: string, now: number, zone: Zone): string => {
  const at = new Date(iso);
  const clock = format(zone, 'clock').format(at);
  const days = format(zone, 'day');
  return days.format(at) === days.format(now) ? clock : `${days.format(at)} ${clock}`;
};

/** `2026-08-01T14:02:11Z`: the same for everybody who reads a log. */
export const sayInstant = (iso: string): string => `${iso.slice(0, 19)}Z`;

/** How much of a stretch is over: `12 s of 30 s`, `06:40 of 15:00`, `3 h 20 min of 24 h`. */
export const sayProgress = (doneMs: number, wholeMs: number): string => {
  const done = Math.max(0, Math.min(doneMs, wholeMs));
  if (wholeMs < 2 * minute) return `${Math.floor(done / second)} s of ${sayDuration(wholeMs)}`;
  if (wholeMs >= 2 * 60 * minute) {
    return `${sayDuration(Math.floor(done / minute) * minute)} of ${sayDuration(wholeMs)}`;
  }
  return `${minutes(done)} of ${minutes(wholeMs)}`;
};

const minutes = (ms: number): string => {
  const seconds = Math.floor(ms / second);
  return `${String(Math.floor(seconds / 60)).padStart(2, '0')}:${String(seconds % 60).padStart(2, '0')}`;
};

/** `2 min ago`, `3 d ago`. */
export const sayAgo = (iso: string, now: number): string => {
  const ms = Math.max(0, now - Date.parse(iso));
  if (ms < second) return 'just now';
  const unit = ms < minute ? second : ms < 60 * minute ? minute : ms < day ? 60 * minute : day;
  return `${sayDuration(Math.floor(ms / unit) * unit)} ago`;
};

const whole = new Intl.NumberFormat('en-US');
export const sayCount = (count: number): string => whole.format(count);

/** `3.1 % (31 of 1,004)`. */
export const sayCounts = ({ errors, requests }: ArmCounts): string =>
  requests === 0
    ? 'no requests'
    : `${sayPercent(errors / requests)} (${sayCount(errors)} of ${sayCount(requests)})`;

/** The beginning of an id that tells rollouts of different milliseconds apart. */
export const shortId = (id: string): string => id.slice(0, 13);

export const shortHash = (hash: string): string => hash.slice(0, 8);

export const sayState = (state: RolloutState): string => state.replaceAll('-', ' ');

/** As the service file writes it: `1 %`, not `1.0 %`. */
export const sayLimit = (limit: number): string => `${Number((limit * 100).toPrecision(6))} %`;
