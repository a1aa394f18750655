import type { Writable } from 'node:stream';
import type { Environment } from '../home.ts';
import type { Line } from '../story/text.ts';
import { paint } from './live/paint.ts';
import type { Zone } from '../story/words.ts';

type Stream = Writable & { readonly isTTY?: boolean; readonly columns?: number; readonly rows?: number };

/** What a command talks to: the process's streams, or those of a test. */
export type Terminal = {
  readonly out: Stream;
  readonly err: Stream;
  readonly env: Environment;
  /** Calls back on Ctrl-C until the returned function is called. */
  onInterrupt(heard: () => void): () => void;
};

/** Of this process. */
export const processTerminal = (): Terminal => ({
  out: process.stdout,
  err: process.stderr,
  env: process.env,
  onInterrupt: (heard) => {
    process.on('SIGINT', heard);
    return () => process.off('SIGINT', heard);
  },
});

const isSet = (value: string | undefined): boolean => value !== undefined && value !== '';

/** NO_COLOR (no-color.org) and FORCE_COLOR first, then whether anybody sees colours there. */
const hasColor = (stream: Stream, env: Environment): boolean => {
  if (isSet(env['NO_COLOR'])) return false;
  if (isSet(env['FORCE_COLOR'])) return env['FORCE_COLOR'] !== '0';
  return stream.isTTY === true && env['TERM'] !== 'dumb';
};

/** The locale's character set; where none is told, as in a container, UTF-8 is what terminals have. */
const hasUnicode = (env: Environment): boolean => {
  const locale = [env['LC_ALL'], env['LC_CTYPE'], env['LANG']].find(isSet);
  return locale === undefined || /utf-?8/i.test(locale);
};

export type Look = {
  readonly color: boolean;
  readonly unicode: boolean;
  readonly width: number;
  readonly height: number | undefined;
  readonly zone: Zone;
};

/** How a stream wants its text; asked anew for each drawing, since windows change. */
export const lookOf = (stream: Stream, env: Environment): Look => ({
  color: hasColor(stream, env),
  unicode: hasUnicode(env),
  width: stream.columns ?? 80,
  height: stream.rows,
  zone: isSet(env['TZ']) ? env['TZ'] : undefined,
});

export const isLive = ({ out, env }: Terminal): boolean => out.isTTY === true && env['TERM'] !== 'dumb';

/** Lines for people, on standard output. */
export const print = ({ out, env }: Terminal, lines: readonly Line[]): void => {
  if (lines.length > 0) out.write(`${paint(lines, lookOf(out, env)).join('\n')}\n`);
};

/** What a command has to say beside its result, on standard error. */
export const note = ({ err, env }: Terminal, lines: readonly Line[]): void => {
  if (lines.length > 0) err.write(`${paint(lines, lookOf(err, env)).join('\n')}\n`);
};

/** One document on one line. */
export const printJson = ({ out }: Terminal, value: unknown): void => {
  out.write(`${JSON.stringify(value)}\n`);
};
