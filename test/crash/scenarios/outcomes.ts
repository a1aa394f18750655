import type { StrategyName, Weights } from '../../../runbooks/runbook.ts';
import type { RolloutState } from '../../../runbooks/state.ts';
import { judge, rowOf } from '../judge.ts';
import type { TargetName } from '../planes/plane.ts';
import type { Opening, ReleaseKind } from '../play.ts';
import { deployed, open, promote, wayUp } from '../play.ts';
import type { Row } from '../row.ts';
import type { Scenario } from '../scenario.ts';
import { said, secondsSince } from '../scenario.ts';
import type { Stand } from '../stand.ts';
import type { Place } from './strategies.ts';
import { placesUp, strategies } from './strategies.ts';

/** What a strategy is put through without any kill: every way in which a rollout can go wrong by itself, or by a word. */
type Played = { readonly target: TargetName; readonly strategy: StrategyName };

const named = ({ target, strategy }: Played, what: string): string => `${target}-${strategy}: ${what}`;

const sizeOf = ({ strategy }: Played): number => (strategy === 'rolling' ? 2 : 1);

/** A rolling update has a batch in the middle of its way only where there are two of the old ones, too. */
const established = async (stand: Stand, played: Played): Promise<void> => {
  const [instances, { target }] = [sizeOf(played), played];
  if (stand.fixture.sizeOf(await stand.stable()) >= instances) return;
  stand.fixture.use('blue-green', { instances, target });
  await promote(stand, `${target}-${played.strategy}-before`);
};

const begin = async (stand: Stand, played: Played, what: string, release: ReleaseKind) => {
  await established(stand, played);
  const { target, strategy } = played;
  // What is not ready by then never is: nobody waits for it half a minute.
  const ready = release === 'healthy' ? '30s' : '4s';
  stand.fixture.use(strategy, { instances: sizeOf(played), target, ready });
  const opening = await open(stand, `${target}-${strategy}-${what}`, release);
  return { ...opening, beganAt: Date.now(), rolloutId: await deployed(stand, opening) };
};
type Begun = Awaited<ReturnType<typeof begin>>;

type Ending = {
  readonly state: RolloutState;
  readonly traffic:
    readonly Weights[] | { readonly turnedBackFrom: readonly Weights[]; readonly to: Weights };
  /** A write that was held up may come after the way back began: the target's fence is what keeps it out. */
  readonly late?: true;
  readonly mayCrash?: boolean;
};

const turned = (opening: Opening, strategy: StrategyName): Ending['traffic'] => ({
  turnedBackFrom: wayUp(opening, strategy),
  to: { [opening.old]: 100 },
});

/** The row of one that has ended, also held against who has the traffic now, and who runs. */
const ended = async (stand: Stand, played: Played, what: string, begun: Begun, ending: Ending) => {
  const { rolloutId, since, old, version, beganAt } = begun;
  await stand.ended(rolloutId);
  const seconds = secondsSince(beganAt);
  const judged = await judge(stand, rolloutId, {
    ...{ state: ending.state, traffic: ending.traffic, since },
    ...(ending.late === true ? { late: () => true } : {}),
    mayCrash: ending.mayCrash === true,
    mayLose: played.strategy === 'recreate',
  });
  const stays =
    ending.state === 'succeeded' || (played.strategy === 'feature-flag' && isReleased(judged.view));
  const who = stays ? version : old;
  const weights = await stand.plane.weights();
  const more = said(weights[who] !== 100 && `the traffic is ${JSON.stringify(weights)}, not with ${who}`);
  return rowOf(named(played, what), judged, seconds, { more });
};

/** Whether the flag's code had been deployed when its flag was taken back. */
const isReleased = ({
  steps,
}: {
  readonly steps: readonly { readonly kind: string; readonly state: string }[];
}) => steps.some(({ kind, state }) => kind === 'release' && state !== 'pending' && state !== 'skipped');

const success = async (stand: Stand, played: Played): Promise<Row> => {
  const begun = await begin(stand, played, 'success', 'healthy');
  return ended(stand, played, 'success', begun, {
    state: 'succeeded',
    traffic: wayUp(begun, played.strategy),
  });
};

/** One that can't come up, or fails its smoke test: its clients never meet it. */
const unfit = async (stand: Stand, played: Played, what: string, release: ReleaseKind): Promise<Row> => {
  const begun = await begin(stand, played, release, release);
  return ended(stand, played, what, begun, {
    state: 'rolled-back',
    traffic: turned(begun, played.strategy),
    mayCrash: release === 'crashing',
  });
};

/** Begins to fail when that watch begins. A flag's own code fails for as long as the flag is on. */
const breach = async (stand: Stand, played: Played, nth: number): Promise<Row> => {
  const begun = await begin(stand, played, `breach-${nth}`, 'healthy');
  const { rolloutId, version } = begun;
  const view = await stand.passes(rolloutId, `comes to watch ${nth}`, ({ steps, endedAt }) => {
    const watches = steps.filter(({ kind }) => kind === 'watch');
    return endedAt !== null || watches[nth - 1]?.state === 'running';
  });
  await stand.plane.fails(version, true);
  if (isReleased(view)) {
    await stand.passes(
      rolloutId,
      'takes its flag back',
      ({ state, endedAt }) => endedAt !== null || state === 'rolling-back',
    );
    await stand.plane.fails(version, false);
  }
  return ended(stand, played, `breach in watch ${nth}`, begun, {
    state: 'rolled-back',
    traffic: isReleased(view) ? wayUp(begun, played.strategy) : turned(begun, played.strategy),
  });
};

const abortOf = ([activity, nth]: Place): string =>
  `abort before ${activity}${nth > 1 || activity === 'shift' ? ` ${nth}` : ''}`;

/** Said while that activity is about to begin, which then comes too late. */
const abort = async (stand: Stand, played: Played, place: Place): Promise<Row> => {
  const [activity, nth, which] = place;
  const what = abortOf(place);
  const id = named(played, what);
  await established(stand, played);
  stand.plan({ id, kills: [{ activity, nth, ...which, when: 'held' }] });
  const begun = await begin(stand, played, `abort-${activity}-${nth}`, 'healthy');
  const { rolloutId } = begun;
  const isHeld = (): boolean => stand.trace().some((line) => line.event === 'held' && line.plan === id);
  await stand.passes(rolloutId, `comes to ${activity}`, isHeld);
  await stand.api.say(rolloutId, 'abort', `abort-${rolloutId}`);
  await stand.reaches(rolloutId, 'goes back', ({ state }) => state === 'rolling-back' || state === 'aborted');
  stand.plan({ id: `${id}, let go`, kills: [] });
  await stand.ended(rolloutId);
  const released = isReleased(await stand.api.rollout(rolloutId));
  return ended(stand, played, what, begun, {
    state: 'aborted',
    traffic: released ? wayUp(begun, played.strategy) : turned(begun, played.strategy),
    late: true,
  });
};

/** Watches of each strategy as this lane plays it. */
const watches: Readonly<Record<StrategyName, number>> = {
  recreate: 1,
  rolling: 1,
  'blue-green': 1,
  canary: 3,
  'feature-flag': 3,
};

type Cell = readonly [what: string, play: (stand: Stand, played: Played) => Promise<Row>];

const cells = (strategy: StrategyName): readonly Cell[] => [
  ['success', success],
  ...Array.from({ length: watches[strategy] }, (_, i): Cell => [
    `breach in watch ${i + 1}`,
    (stand, played) => breach(stand, played, i + 1),
  ]),
  ...placesUp(strategy).map((place): Cell => [
    abortOf(place),
    (stand, played) => abort(stand, played, place),
  ]),
  ['failed deploy', (stand, played) => unfit(stand, played, 'failed deploy', 'crashing')],
  [
    'readiness that never comes',
    (stand, played) => unfit(stand, played, 'readiness that never comes', 'unready'),
  ],
  ['smoke failure', (stand, played) => unfit(stand, played, 'smoke failure', 'unfit')],
];

/** Every strategy on every target. Only in the whole matrix: what each step does by itself has tests of its own. */
export const outcomes: readonly Scenario[] = (['practice', 'command', 'haproxy'] as const).flatMap((target) =>
  strategies.flatMap((strategy) =>
    cells(strategy).map(([what, play]) => ({
      name: named({ target, strategy }, what),
      ...(target === 'haproxy' ? { on: 'haproxy' as const } : {}),
      play: async (stand: Stand) => [await play(stand, { target, strategy })],
    })),
  ),
);
