import { sayInstant } from '../words.ts';
import type { LiveModel } from './model.ts';
import { sentenceOf } from './say-event.ts';
import type { Line } from './text.ts';
import { span } from './text.ts';

/** What happened, as lines of a log: each complete, with the time for everybody. */
export const plainLines = (log: LiveModel['log']): readonly Line[] =>
  log.map((said) => [
    span(`${sayInstant(said.at)}  `, 'dim'),
    span(said.word.padEnd(12), said.tone),
    span(` ${sentenceOf(said, sayInstant)}`),
  ]);
