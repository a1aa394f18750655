import type { Effect } from '../../../runbooks/state.ts';
import type { SaidAnswer } from '../../rollouts/requests.ts';
import type { Line } from '../../story/text.ts';
import { span } from '../../story/text.ts';
import { sayState, shortId } from '../../story/words.ts';

const says: Readonly<Record<Effect, string>> = {
  approve: 'approved',
  deny: 'denied',
  hold: 'holds: the traffic stays where it is',
  resume: 'goes on',
  extend: 'watches once more',
  accept: 'goes on to the next step, without a verdict',
  promote: 'goes on without further watches',
  'way-back': 'goes back',
  'retry-way-back': 'tries the way back again',
  'take-over': 'is yours: it ends as rolled back by hand',
  page: 'pages the people on call',
  'start-rollback': 'has ended: a rollback begins',
  'start-again': 'has ended: it begins again',
  'start-over': 'begins again, over what stood against it',
  'leave-queue': 'waits no more, and has run nothing',
};

/** What a command has done. */
export const sayDone = ({
  rolloutId,
  effect,
  state,
}: Extract<SaidAnswer, { outcome: 'done' }>): readonly Line[] => [
  [
    span('✓ ', 'good'),
    span(`${shortId(rolloutId)} ${says[effect]}`),
    span(`, now ${sayState(state)}`, 'dim'),
  ],
];
