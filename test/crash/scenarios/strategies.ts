import type { StrategyName } from '../../../runbooks/runbook.ts';
import type { KilledRollout } from '../boundaries.ts';
import type { ActivityName, Kill } from '../plan.ts';
import type { TargetName } from '../planes/plane.ts';

/** An activity of a rollout that goes up, and which one of that name. */
export type Place = readonly [activity: ActivityName, nth: number, which?: Pick<Kill, 'tells' | 'back'>];

const shared: readonly Place[] = [
  ['prepare', 1],
  ['preflight', 1],
  ['claimKeep', 1],
  ['deploy', 1],
  ['ready', 1],
  ['smoke', 1],
  ['shift', 1],
  ['promote', 1],
  ['record', 1, { tells: 'promoted' }],
  ['retire', 1],
];

/** Beyond what they share: on the way up, and on the way back. */
const own: Readonly<
  Record<StrategyName, { readonly up: readonly Place[]; readonly back: readonly Place[] }>
> = {
  recreate: {
    up: [['scale', 1]],
    back: [
      // Stops the new one, then starts the old one, waits for it, and only then moves the traffic.
      ['scale', 2],
      ['scale', 3],
      ['ready', 2],
      ['shift', 2],
      ['retire', 1],
      ['verify', 1],
    ],
  },
  rolling: {
    up: [
      ['scale', 1],
      ['scale', 2],
      ['ready', 2],
      ['shift', 2],
    ],
    back: [
      ['scale', 4],
      ['ready', 3],
      ['shift', 3],
      ['retire', 1],
      ['verify', 1],
    ],
  },
  canary: {
    up: [
      ['shift', 2],
      ['shift', 3],
      ['shift', 4],
    ],
    back: [
      ['shift', 2],
      ['retire', 1],
      ['verify', 1],
    ],
  },
  'blue-green': {
    up: [],
    back: [
      ['shift', 2],
      ['retire', 1],
      ['verify', 1],
    ],
  },
  'feature-flag': {
    up: [
      ['flag', 1],
      ['flag', 2],
    ],
    back: [
      ['flag', 1, { back: true }],
      ['verify', 1],
    ],
  },
};

/** Before and after each by turns; or, for the whole matrix, both at each. */
const killsAt = (places: readonly Place[], full: boolean): readonly Kill[] =>
  places.flatMap(([activity, nth, which], i): readonly Kill[] => {
    const both: readonly Kill[] = [
      { activity, nth, ...which, when: 'before' },
      { activity, nth, ...which, when: 'after' },
    ];
    return full ? both : both.slice(i % 2, (i % 2) + 1);
  });

export const strategies = Object.keys(own) as readonly StrategyName[];

/** Activities of the way up that come before the promotion, each with what tells it from its likes. */
export const placesUp = (strategy: StrategyName): readonly Place[] =>
  [...shared, ...own[strategy].up].filter(
    ([activity]) => !['prepare', 'claimKeep', 'retire', 'record'].includes(activity),
  );

type Direction = 'up' | 'back';
type Played = readonly [target: TargetName, strategy: StrategyName, direction: Direction];

const bothWays = (target: TargetName, names: readonly StrategyName[]): readonly Played[] =>
  names.flatMap((name): readonly Played[] => [
    [target, name, 'up'],
    [target, name, 'back'],
  ]);

/**
 * What is played on which target. The canary on the practice target has scenarios of its own; on a deploy tool and on
 * HAProxy two rollouts that between them do all that such a target can stand for the others, but for the whole matrix.
 */
const played = (full: boolean): readonly Played[] => [
  ...bothWays(
    'practice',
    strategies.filter((name) => name !== 'canary'),
  ),
  ...(['command', 'haproxy'] as const).flatMap((target) =>
    full
      ? bothWays(target, strategies)
      : ([
          [target, 'rolling', 'up'],
          [target, 'canary', 'back'],
        ] as const),
  ),
];

const killed = ([target, strategy, direction]: Played, full: boolean): KilledRollout => {
  const name = `${target === 'practice' ? strategy : `${target}-${strategy}`}-${direction}`;
  if (direction === 'up') {
    return {
      ...{ name, strategy, target, release: 'healthy', claims: true, keepWarm: '1s' },
      kills: [
        ...killsAt([...shared, ...own[strategy].up], full),
        { activity: 'watch', nth: 1, percent: 100, when: 'during' },
      ],
    };
  }
  // A release that fails is turned back by its first watch; a flag is taken back by a person.
  const abortFlag = strategy === 'feature-flag';
  return {
    ...{ name, strategy, target, abortFlag, release: abortFlag ? 'healthy' : 'failing', claims: true },
    kills: killsAt(own[strategy].back, full),
  };
};

/** Every activity of each strategy: up, and back from its watch. */
export const killedStrategies = (full: boolean): readonly KilledRollout[] =>
  played(full).map((each) => killed(each, full));
