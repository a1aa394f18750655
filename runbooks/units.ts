import { z } from 'zod';

const second = 1000;
const minute = 60 * second;
const hour = 60 * minute;
const day = 24 * hour;

const units: Readonly<Record<string, number>> = { ms: 1, s: second, m: minute, h: hour, d: day };

/** `"15m"` → 900000. `null` where the text is no duration. */
export const parseDuration = (text: string): number | null => {
  const match = /^(\d{1,9}(?:\.\d{1,3})?)(ms|s|m|h|d)$/.exec(text.trim());
  const size = units[match?.[2] ?? ''];
  return match?.[1] === undefined || size === undefined ? null : Math.round(Number(match[1]) * size);
};

/** 900000 → `"15 min"`, 5400000 → `"1 h 30 min"`, 1500 → `"1.5 s"`, 50 → `"50 ms"`, 604800000 → `"7 d"`: for people. */
export const sayDuration = (ms: number): string => {
  if (ms > 0 && ms < second) return `${String(Math.round(ms))} ms`;
  if (Math.round(ms / 100) < 600) return `${String(Math.round(ms / 100) / 10)} s`;
  // Rounded before it is taken apart, so that no part of it ever says 60.
  if (ms < hour - second / 2) return parts(Math.round(ms / second), 60, 'min', 's');
  if (ms >= 2 * day && ms % day === 0) return `${String(ms / day)} d`;
  return parts(Math.round(ms / minute), 60, 'h', 'min');
};

const parts = (amount: number, size: number, large: string, small: string): string => {
  const rest = amount % size;
  const whole = `${String(Math.floor(amount / size))} ${large}`;
  return rest === 0 ? whole : `${whole} ${String(rest)} ${small}`;
};

/** A fraction as people read it: 0.0031 → `"0.31 %"`, 0 → `"0 %"`. */
export const sayPercent = (fraction: number): string => {
  if (fraction === 0) return '0 %';
  const percent = fraction * 100;
  return `${percent >= 10 ? percent.toFixed(0) : percent >= 1 ? percent.toFixed(1) : percent.toFixed(2)} %`;
};

/** A duration in the service file: `500ms`, `30s`, `15m`, `1h`, `7d`; in milliseconds once parsed. Limits in ms. */
export const duration = (minMs: number, maxMs: number) => {
  const says = `must be a duration from ${sayDuration(minMs)} to ${sayDuration(maxMs)}, such as 500ms, 30s, 15m, 1h or 7d`;
  return z
    .string({ error: says })
    .meta({ pattern: '^\\d{1,9}(\\.\\d{1,3})?(ms|s|m|h|d)$' })
    .transform((text, context) => {
      const ms = parseDuration(text);
      if (ms !== null && ms >= minMs && ms <= maxMs) return ms;
      context.addIssue({ code: 'custom', message: says });
      return z.NEVER;
    });
};

/** `"0.3%"` → 0.003. `null` where the text is no percentage. */
export const parsePercent = (text: string): number | null => {
  const match = /^(\d{1,3}(?:\.\d{1,6})?)\s?%$/.exec(text.trim());
  // Read with an exponent, not divided: 41.6 / 100 is 0.41600000000000004.
  return match?.[1] === undefined ? null : Number(`${match[1]}e-2`);
};

/** A share in the service file, `0.3%`; a fraction once parsed. Limits are fractions. */
export const percentage = (min: number, max: number) => {
  const says = `must be a percentage from ${writePercent(min)} to ${writePercent(max)}, such as 1% or 0.3%`;
  return z
    .string({ error: says })
    .meta({ pattern: '^\\d{1,3}(\\.\\d{1,6})?\\s?%$' })
    .transform((text, context) => {
      const fraction = parsePercent(text);
      if (fraction !== null && fraction >= min && fraction <= max) return fraction;
      context.addIssue({ code: 'custom', message: says });
      return z.NEVER;
    });
};

/** As the service file writes a limit, `1%`; rounded, because 0.000001 × 100 is 0.00009999… in floating point. */
export const writePercent = (fraction: number): string =>
  `${String(Number((fraction * 100).toPrecision(6)))}%`;
