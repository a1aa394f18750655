import { sayInstant } from '../../story/words.ts';
import type { LiveModel } from '../../story/model.ts';
import { sentenceOf } from '../../story/say-event.ts';
import type { Line } from '../../story/text.ts';
import { span } from '../../story/text.ts';

/** What happened, as lines of a log: each complete, with the time for everybody. */
export const plainLines = (log: LiveModel['log']): readonly Line[] =>
  log.map((said) => [
    span(`${sayInstant(said.at)}  `, 'dim'),
    span(said.word.padEnd(12), said.tone),
    span(` ${sentenceOf(said, sayInstant)}`),
  ]);
