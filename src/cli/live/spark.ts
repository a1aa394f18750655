import type { Span, Tone } from '../../story/text.ts';

/** The limit is the fourth of eight levels, so that "above it" can be seen without colour. */
export const limitLevel = '▄';
const upToLimit = ['▁', '▂', '▃', limitLevel] as const;
const aboveLimit = ['▅', '▆', '▇', '█'] as const;

const level = (rate: number, limit: number): string => {
  const ratio = rate / limit;
  if (ratio <= 1) return upToLimit[Math.max(0, Math.ceil(ratio * 4) - 1)] ?? limitLevel;
  if (ratio <= 1.5) return aboveLimit[0];
  if (ratio <= 2) return aboveLimit[1];
  return ratio <= 3 ? aboveLimit[2] : aboveLimit[3];
};

/** Error rates as one row: a dot where nothing is known, what is above the limit in its own tone. */
export const sparkline = (rates: readonly (number | null)[], limit: number, tone: Tone): readonly Span[] =>
  rates.map((rate) => {
    if (rate === null) return { text: '·', tone: 'dim' };
    return { text: level(rate, limit), tone: rate > limit ? 'bad' : tone };
  });
