/** One word as it was typed, and where the text goes on after it. */
export type Word = { readonly text: string; readonly at: number; readonly end: number };

/** Words of a normalised text; one in quotes may hold spaces. A quote that is never closed is a character. */
export const wordsOf = (text: string): readonly Word[] =>
  [...text.matchAll(/"([^"]*)"|'([^']*)'(?=\s|$)|\S+/g)].map((match) => ({
    text: match[1] ?? match[2] ?? match[0],
    at: match.index,
    end: match.index + match[0].length,
  }));

/** A text that is in quotes as a whole, without them. */
export const unquoted = (text: string): string => {
  const whole = text.trim();
  const [, double, single] = /^(?:"([^"]*)"|'([^']*)')$/.exec(whole) ?? [];
  return (double ?? single ?? whole).trim();
};
