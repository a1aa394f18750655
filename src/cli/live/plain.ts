import { sayInstant } from '../words.ts';
import type { LiveModel } from './model.ts';
import type { Line } from './text.ts';
import { span } from './text.ts';

/** What happened, as lines of a log: each complete, with the time for everybody. */
export const plainLines = (log: LiveModel['log']): readonly Line[] =>
  log.map(({ at, word, text, tone, until }) => [
    span(`${sayInstant(at)}  `, 'dim'),
    span(word.padEnd(12), tone),
    span(` ${text}${until === null ? '' : `, until ${sayInstant(until)}`}`),
  ]);
