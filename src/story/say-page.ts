import type { PageEvent } from '../../runbooks/paging/events.ts';
import { sayDuration } from '../../runbooks/units.ts';
import type { Tone } from './text.ts';

/** What became of a page: a word, a line, and how it is meant. */
export const sayPage = (
  body: PageEvent,
  who: string,
): { readonly word: string; readonly text: string; readonly tone: Tone } => {
  switch (body.type) {
    case 'page-sent': {
      const waited = body.waitedMs < 10_000 ? '' : `, ${sayDuration(body.waitedMs)} after it was wanted`;
      if (body.action === 'trigger')
        return { word: 'paged', text: `${body.severity ?? ''}: ${body.summary}${waited}`, tone: 'attention' };
      const text =
        body.action === 'resolve' ? `the alert is resolved${waited}` : `acknowledged by ${who}${waited}`;
      return { word: 'page', text, tone: 'good' };
    }
    case 'page-late':
      return {
        word: 'page late',
        text: `page not delivered yet, tried again until it is: ${body.problem.message}`,
        tone: 'bad',
      };
    case 'page-failed':
      return { word: 'no page', text: `nobody was paged: ${body.problem.message}`, tone: 'bad' };
    case 'page-answered':
      return { word: 'on call', text: `${body.answer} by ${who} in PagerDuty`, tone: 'attention' };
  }
};
