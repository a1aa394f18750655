import type { Override } from '../../runbooks/checks/check.ts';
import { closest } from '../../runbooks/closest.ts';
import { parseDuration } from '../../runbooks/units.ts';
import { readFreeText } from './free-text.ts';
import { readOverride } from './overrides.ts';
import type { Misread } from './requests.ts';
import type { Word } from './words.ts';
import { wordsOf } from './words.ts';

/** What may follow the names: `to production`, `reason …`. Each as people say it and as a terminal writes it. */
const keywords = {
  to: ['to', '--to'],
  environment: ['in', '--env', 'env'],
  for: ['for', '--for'],
  hotfix: ['hotfix', '--hotfix'],
  override: ['override', '--override'],
  reason: ['reason', '--reason', 'because'],
} as const;
export type ClauseKey = keyof typeof keywords;

/** What one command takes. */
export type Shape = {
  readonly usage: string;
  /** How many names stand before the first clause, at most. */
  readonly names: number;
  /** Words that begin a clause; any other keyword is a word like others. */
  readonly keys: readonly ClauseKey[];
  /** A word too many begins the reason, which goes on to the end. */
  readonly loose?: true;
};

export type Clauses = {
  /** What stands before the first clause, in order. */
  readonly names: readonly string[];
  /** What follows `to`: a version to go back to, or a place to deploy to. */
  readonly to: string | null;
  readonly environment: string | null;
  /** What follows `for`, as it was typed. */
  readonly for: string | null;
  readonly hotfix: string | null;
  readonly overrides: readonly Override[];
  readonly reason: string | null;
  /** Whether the reason began without a word that says so. */
  readonly loose: boolean;
};
export type ReadClauses = { readonly clauses: Clauses } | { readonly misread: Misread };

/**
 * Takes a text apart: names, then clauses in any order; a reason takes everything to the end, or to the next override.
 * Words that belong nowhere are refused rather than dropped: a slip must not deploy something else.
 */
export const readClauses = (text: string, shape: Shape): ReadClauses => {
  const words = wordsOf(text);
  const found: Draft = { ...none, names: [], overrides: [] };
  for (let i = 0; i < words.length;) {
    const word = words[i];
    if (word === undefined) break;
    const key = keyAt(words, i, shape);
    if (key === null && found.names.length < shape.names && !hasClause(found)) {
      found.names.push(word.text);
      i += 1;
      continue;
    }
    if (key === null && !(shape.loose === true && found.names.length > 0 && found.reason === null))
      return { misread: unplaced(word, text, shape) };
    const read = key === null ? readLoose(text, word) : readClause(text, words, i, key, shape);
    if ('misread' in read) return { misread: { usage: shape.usage, ...read.misread } };
    const wrong = take(found, read.clause, shown(word.text));
    if (wrong !== null) return { misread: { message: wrong, usage: shape.usage, meant: [] } };
    const { end } = read;
    i = words.findIndex(({ at }, j) => j > i && at >= end);
    if (i === -1) break;
  }
  return { clauses: found };
};

type Draft = { -readonly [Key in keyof Clauses]: Clauses[Key] } & { names: string[]; overrides: Override[] };
const none = { to: null, environment: null, for: null, hotfix: null, reason: null, loose: false };

const hasClause = ({ names: _, overrides, loose: __, ...rest }: Draft): boolean =>
  overrides.length > 0 || Object.values(rest).some((value) => value !== null);

type Clause =
  | { readonly key: Exclude<ClauseKey, 'override' | 'reason'>; readonly value: string }
  | { readonly key: 'override'; readonly value: Override }
  | { readonly key: 'reason'; readonly value: string; readonly loose: boolean };
/** `end`: where the text goes on. */
type ReadClause =
  { readonly clause: Clause; readonly end: number } | { readonly misread: Omit<Misread, 'usage'> };

const readLoose = (text: string, { at }: Word): ReadClause => ({
  clause: { key: 'reason', value: text.slice(at).trim(), loose: true },
  end: text.length,
});

const readClause = (
  text: string,
  words: readonly Word[],
  i: number,
  key: ClauseKey,
  shape: Shape,
): ReadClause => {
  const word = words[i];
  if (word === undefined) throw new RangeError(`There is no word ${String(i)}.`);
  const { option, glued } = splitOption(word.text);
  const begin = glued === null ? word.end : word.end - glued.length;
  const stops = { override: shape.keys.includes('override'), options: option.startsWith('--') };
  if (key === 'override') return readOverride(text, begin, stops);
  if (key === 'reason') {
    const { said, end } = readFreeText(text, begin, stops);
    if (said === '') return { misread: { message: 'There is no reason after "reason".', meant: [] } };
    return { clause: { key, value: said, loose: false }, end };
  }
  const next = words[i + 1];
  const value = glued ?? next?.text;
  if (value === undefined || value === '')
    return { misread: { message: `Nothing follows "${shown(word.text)}".`, meant: [] } };
  return { clause: { key, value }, end: glued === null ? (next?.end ?? word.end) : word.end };
};

/** What is wrong with it; `null`: it is taken. */
const take = (found: Draft, clause: Clause, word: string): string | null => {
  if (clause.key === 'override') {
    const { check } = clause.value;
    if (found.overrides.some((known) => known.check === check)) return `${check} is overridden twice.`;
    found.overrides.push(clause.value);
    return null;
  }
  if (found[clause.key] !== null) return `"${word}" is said twice.`;
  found[clause.key] = clause.value;
  if (clause.key === 'reason') found.loose = clause.loose;
  return null;
};

/** `--env=production` → `--env` and `production`. */
const splitOption = (word: string): { readonly option: string; readonly glued: string | null } => {
  const [, option, glued] = /^(--[a-z]+)=(.*)$/i.exec(word) ?? [];
  return { option: (option ?? word).toLowerCase(), glued: glued ?? null };
};

/** The clause that the word begins, of those that the command knows; `null`: none. */
const keyAt = (words: readonly Word[], i: number, { keys }: Shape): ClauseKey | null => {
  const { option } = splitOption(words[i]?.text ?? '');
  const key = keys.find((each) => (keywords[each] as readonly string[]).includes(option)) ?? null;
  // "waiting for bob" is no duration.
  if (option === 'for' && parseDuration(words[i + 1]?.text ?? '') === null) return null;
  return key;
};

/** A word too many is often a keyword with a slip in it. */
const unplaced = (word: Word, text: string, { keys, usage }: Shape): Misread => {
  const meant = closest(
    word.text,
    keys.flatMap((key) => keywords[key]),
  );
  const mended = meant === null ? [] : [`${text.slice(0, word.at)}${meant}${text.slice(word.end)}`.trim()];
  return { message: `It is not clear what "${shown(word.text)}" is.`, usage, meant: mended };
};

/** What was typed, short enough to be said back. */
export const shown = (text: string): string => (text.length > 80 ? `${text.slice(0, 79)}…` : text);
