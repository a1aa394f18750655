import type { EventType } from '../../../runbooks/events.ts';
import type { KilledRollout } from '../boundaries.ts';
import type { ActivityName, Kill } from '../plan.ts';

const both = (activity: ActivityName, nth = 1): readonly Kill[] => [
  { activity, nth, when: 'before' },
  { activity, nth, when: 'after' },
];

/** Both sides of the record that tells of it. */
const telling = (tells: EventType): readonly Kill[] =>
  both('record').map((kill): Kill => ({ ...kill, tells }));

const watch = (percent: number, when: Kill['when']): Kill => ({ activity: 'watch', nth: 1, percent, when });

/** Every activity of a canary and of a way back, each killed before and after; a watch in its middle, too. */
export const killedRollouts: readonly KilledRollout[] = [
  { name: 'plan', release: 'healthy', kills: [...both('prepare'), ...both('preflight')] },
  {
    name: 'back',
    release: 'failing',
    claims: true,
    kills: [
      ...both('claimKeep'),
      // The first one is on the way up.
      ...both('shift', 2),
      ...telling('way-back'),
      ...both('retire'),
      { activity: 'verify', nth: 1, when: 'before' },
      { activity: 'verify', nth: 1, when: 'during' },
      { activity: 'verify', nth: 1, when: 'after' },
    ],
  },
  {
    name: 'ramp',
    release: 'healthy',
    kills: [
      ...both('shift', 2),
      watch(50, 'during'),
      ...both('shift', 3),
      // The last step: 90 % of the traffic while it is watched, the rest held back.
      watch(100, 'after'),
      ...both('shift', 4),
      ...both('promote'),
    ],
  },
  {
    name: 'deploy',
    release: 'healthy',
    kills: [...both('deploy'), ...both('ready'), ...both('smoke'), ...both('shift'), watch(20, 'before')],
  },
  { name: 'keep', release: 'healthy', keepWarm: '1s', kills: [...telling('promoted'), ...both('retire')] },
];
