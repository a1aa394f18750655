import { z } from 'zod';

const units: Readonly<Record<string, number>> = { ms: 1, s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000 };

/** `"15m"` → 900000. `null` where the text is no duration. */
export const parseDuration = (text: string): number | null => {
  const match = /^(\d{1,9}(?:\.\d{1,3})?)(ms|s|m|h|d)$/.exec(text.trim());
  const size = units[match?.[2] ?? ''];
  return match?.[1] === undefined || size === undefined ? null : Math.round(Number(match[1]) * size);
};

/** 900000 → `"15 min"`, 5400000 → `"1 h 30 min"`, 1500 → `"1.5 s"`: for people. */
export const sayDuration = (ms: number): string => {
  if (ms < 60_000) return `${String(Math.round(ms / 100) / 10)} s`;
  const minutes = Math.floor(ms / 60_000);
  const seconds = Math.round((ms % 60_000) / 1000);
  if (minutes < 60)
    return seconds === 0 ? `${String(minutes)} min` : `${String(minutes)} min ${String(seconds)} s`;
  const rest = minutes % 60;
  return rest === 0
    ? `${String(Math.floor(minutes / 60))} h`
    : `${String(Math.floor(minutes / 60))} h ${String(rest)} min`;
};

/** A fraction as people read it: 0.0031 → `"0.31 %"`. */
export const sayPercent = (fraction: number): string => {
  const percent = fraction * 100;
  return `${percent >= 10 ? percent.toFixed(0) : percent >= 1 ? percent.toFixed(1) : percent.toFixed(2)} %`;
};

/** A duration in the service file: `500ms`, `30s`, `15m`, `1h`, `7d`; in milliseconds once parsed. */
export const duration = (minMs: number, maxMs: number) =>
  z
    .string()
    .max(20)
    .transform((text, context) => {
      const ms = parseDuration(text);
      if (ms !== null && ms >= minMs && ms <= maxMs) return ms;
      context.addIssue({
        code: 'custom',
        message: `must be a duration between ${sayDuration(minMs)} and ${sayDuration(maxMs)}, such as "30s", "15m" or "1h"`,
      });
      return z.NEVER;
    });

/** A share in the service file, `"0.3%"`; a fraction once parsed. */
export const percentage = (min: number, max: number) =>
  z
    .string()
    .max(20)
    .transform((text, context) => {
      const match = /^(\d{1,3}(?:\.\d{1,6})?)\s?%$/.exec(text.trim());
      const fraction = match?.[1] === undefined ? Number.NaN : Number(match[1]) / 100;
      if (fraction >= min && fraction <= max) return fraction;
      context.addIssue({
        code: 'custom',
        message: `must be a percentage between ${String(min * 100)}% and ${String(max * 100)}%, such as "1%"`,
      });
      return z.NEVER;
    });
