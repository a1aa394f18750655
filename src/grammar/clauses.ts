import { closest } from '../../runbooks/closest.ts';
import type { Misread } from './requests.ts';
import type { Word } from './words.ts';
import { unquoted, wordsOf } from './words.ts';

/** What may follow the names: `to production`, `reason …`. Each as people say it and as a terminal writes it. */
const keywords = { environment: ['in', '--env', 'env'], reason: ['reason', '--reason', 'because'] } as const;

export type Clauses = {
  /** What stands before the first clause, in order. */
  readonly names: readonly string[];
  /** What follows `to`: a version to go back to, or a place to deploy to. */
  readonly to: string | null;
  readonly environment: string | null;
  readonly reason: string | null;
};
export type ReadClauses = { readonly clauses: Clauses } | { readonly misread: Misread };

/**
 * Takes a text apart: names, then clauses in any order; a reason takes everything to the end. Words that belong nowhere
 * are refused rather than dropped: a slip must not deploy something else.
 */
export const readClauses = (text: string, most: number, usage: string): ReadClauses => {
  const words = wordsOf(text);
  const names: string[] = [];
  const found: { to: string | null; environment: string | null; reason: string | null } = {
    to: null,
    environment: null,
    reason: null,
  };
  for (let i = 0; i < words.length; i += 1) {
    const word = words[i];
    if (word === undefined) break;
    const [key, glued] = keyOf(word.text);
    if (key === 'reason') {
      found.reason = unquoted(glued === null ? text.slice(word.end) : `${glued}${text.slice(word.end)}`);
      if (found.reason === '') return wrong('There is no reason after "reason".', usage);
      break;
    }
    if (key === null) {
      if (names.length >= most || found.to !== null || found.environment !== null)
        return unplaced(word, text, usage);
      names.push(word.text);
      continue;
    }
    const value = glued ?? words[i + 1]?.text;
    if (value === undefined || value === '') return wrong(`Nothing follows "${shown(word.text)}".`, usage);
    if (found[key] !== null) return wrong(`"${shown(word.text)}" is said twice.`, usage);
    found[key] = value;
    if (glued === null) i += 1;
  }
  return { clauses: { names, ...found } };
};

/** `--env production`, `--env=production`, `to production`. */
const keyOf = (word: string): readonly ['to' | 'environment' | 'reason' | null, string | null] => {
  const [, option, value] = /^(--[a-z]+)=(.*)$/i.exec(word) ?? [];
  const said = (option ?? word).toLowerCase();
  const glued = value ?? null;
  if (said === 'to' || said === '--to') return ['to', glued];
  if ((keywords.environment as readonly string[]).includes(said)) return ['environment', glued];
  if ((keywords.reason as readonly string[]).includes(said)) return ['reason', glued];
  return [null, null];
};

const wrong = (message: string, usage: string): ReadClauses => ({ misread: { message, usage, meant: [] } });

const known: readonly string[] = ['to', ...keywords.environment, ...keywords.reason];

/** A word too many is often a keyword with a slip in it. */
const unplaced = (word: Word, text: string, usage: string): ReadClauses => {
  const meant = closest(word.text, known);
  const mended = meant === null ? [] : [`${text.slice(0, word.at)}${meant}${text.slice(word.end)}`.trim()];
  return {
    misread: { message: `It is not clear what "${shown(word.text)}" is.`, usage, meant: mended },
  };
};

/** What was typed, short enough to be said back. */
export const shown = (text: string): string => (text.length > 80 ? `${text.slice(0, 79)}…` : text);
