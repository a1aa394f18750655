import { isCheck } from './checks.ts';
import type { Word } from './words.ts';
import { unquoted, wordsOf } from './words.ts';

/** What ends a free text besides its closing quote and the end. */
export type Stops = {
  /** `override CHECK`. */
  readonly override: boolean;
  /** Any `--option`: who writes as in a terminal goes on so. */
  readonly options: boolean;
};

/** What may stand after a free text that is in quotes: a clause, by whatever word. */
const clause = /^(?:--[a-z]+|to|in|env|for|hotfix|override|reason|because)(?=[\s=]|$)/i;

/**
 * A reason, from `at`: in quotes where the text ends or goes on with a clause after them, otherwise up to the end or to
 * what stops it. `end`: where the text goes on.
 */
export const readFreeText = (
  text: string,
  at: number,
  stops: Stops,
): { readonly said: string; readonly end: number } => {
  const rest = text.slice(at);
  const [whole = '', double, single] = /^\s*(?:"([^"]*)"|'([^']*)')(?=\s|$)/.exec(rest) ?? [];
  const after = rest.slice(whole.length).trim();
  if (whole !== '' && (after === '' || clause.test(after)))
    return { said: (double ?? single ?? '').trim(), end: at + whole.length };
  const words = wordsOf(rest);
  const stop = words.find((word, i) => isStop(word, words[i + 1], stops));
  const end = stop === undefined ? text.length : at + stop.at;
  return { said: unquoted(text.slice(at, end)), end };
};

const isStop = (word: Word, next: Word | undefined, { override, options }: Stops): boolean => {
  if (options && /^--[a-z]/i.test(word.text)) return true;
  const found = /^(?:--)?override(?:=(.*))?$/i.exec(word.text);
  if (!override || found === null) return false;
  const [check = ''] = (found[1] ?? next?.text ?? '').split(':');
  return isCheck(check.toLowerCase());
};
