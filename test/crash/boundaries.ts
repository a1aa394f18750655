import type { Judged } from './judge.ts';
import { judge, rowOf } from './judge.ts';
import type { Kill } from './plan.ts';
import type { TargetName, WitnessEvent } from './planes/plane.ts';
import type { StrategyName } from '../../runbooks/runbook.ts';
import { deployed, open, outAndBack, promote, wayUp } from './play.ts';
import type { Row } from './row.ts';
import type { Stand } from './stand.ts';
import type { TraceLine } from './trace.ts';
import { counted } from './trace.ts';

/** One rollout in which the daemon is killed at each of these boundaries, and comes back each time. */
export type KilledRollout = {
  readonly name: string;
  readonly release: 'healthy' | 'failing';
  /** Default: canary. */
  readonly strategy?: StrategyName;
  /** Default: the stand's own. */
  readonly target?: TargetName;
  /** Said to go back once its flag is watched: the flag goes off, the code stays. */
  readonly abortFlag?: boolean;
  readonly kills: readonly Kill[];
  /** How long the version that was left stays ready. */
  readonly keepWarm?: string;
  /** The version that runs before must have been promoted by a rollout, whose `keep` is claimed. */
  readonly claims?: boolean;
};

/** Rows of the table: one for each kill. */
export const playKilled = async (stand: Stand, rollout: KilledRollout): Promise<readonly Row[]> => {
  const {
    name,
    release,
    kills,
    keepWarm = '1h',
    claims = false,
    strategy = 'canary',
    target = stand.plane.target,
    abortFlag = false,
  } = rollout;
  // Two instances, so that a rolling update has a batch in the middle of its way.
  const instances = strategy === 'rolling' ? 2 : 1;
  if (claims) {
    stand.fixture.use('blue-green', { instances, target });
    await promote(stand, `${name}-before`);
  }
  stand.fixture.use(strategy, { keepWarm, instances, target });
  const opening = await open(stand, name, release);
  stand.plan({ id: name, kills });
  const rolloutId = await deployed(stand, opening);
  if (abortFlag) {
    await stand.passes(rolloutId, 'watches its flag', ({ steps }) =>
      steps.some(
        ({ kind, state }, i) => kind === 'watch' && state === 'running' && steps[i - 1]?.kind === 'release',
      ),
    );
    await stand.api.say(rolloutId, 'abort', `${name}-abort`);
  }
  await stand.ended(rolloutId);
  // What `keep` does after the end has its boundaries, too.
  if (release === 'healthy' && kills.some(({ activity }) => activity === 'retire')) {
    await stand.story(rolloutId, 'keep-closed');
  }
  const expected = abortFlag
    ? ({ state: 'aborted', traffic: wayUp(opening, strategy) } as const)
    : release === 'healthy'
      ? ({ state: 'succeeded', traffic: wayUp(opening, strategy) } as const)
      : ({ state: 'rolled-back', traffic: outAndBack(opening, strategy) } as const);
  const judged = await judge(stand, rolloutId, {
    ...expected,
    since: opening.since,
    mayLose: strategy === 'recreate',
  });
  const writes = stand.plane.knowsKeys ? await stand.witnessed(opening.since) : null;
  const seen = { judged, writes, trace: stand.trace().filter((line) => line.plan === name) };
  return kills.map((kill) => rowOfKill(name, kill, seen));
};

type Seen = {
  readonly judged: Judged;
  /** `null`: the plane knows no writes by their keys. */
  readonly writes: readonly WitnessEvent[] | null;
  /** All that happened under the plan, as the daemon counted it: other workflows record, too. */
  readonly trace: readonly TraceLine[];
};

const rowOfKill = (plan: string, kill: Kill, { judged, writes, trace }: Seen): Row => {
  const { activity, nth, when, percent, tells } = kill;
  const id = counted(trace, plan, kill)[nth - 1];
  const lines = trace.filter((line) => line.id === id);
  const killed = lines.find((line) => line.event === 'killed' && line.when === when);
  const again = lines.find(
    (line) =>
      killed !== undefined && line.at > killed.at && (line.event === 'end' || line.event === 'killed'),
  );
  const nthOne = nth > 1 || activity === 'shift' ? ` ${nth}` : '';
  const place = percent === undefined ? nthOne : ` at ${percent} %`;
  const name = `${plan}: ${when} ${activity}${tells === undefined ? place : ` of ${tells}`}`;
  const more = missing(kill, killed, again, writes);
  const seconds = killed === undefined || again === undefined ? 0 : (again.at - killed.at) / 1000;
  return rowOf(name, judged, seconds, { subject: subjectOf(killed), more });
};

const subjectOf = (killed: TraceLine | undefined): string | null => {
  if (killed?.key !== undefined) return killed.key;
  return killed?.watch === undefined ? null : `watch ${killed.watch}`;
};

/** What shows that the kill was where it was meant to be, and that the activity was done in the end. */
const missing = (
  { when }: Kill,
  killed: TraceLine | undefined,
  again: TraceLine | undefined,
  writes: readonly WitnessEvent[] | null,
): readonly string[] => {
  if (killed === undefined) return ['the rollout never came to this boundary'];
  if (again === undefined) return ['nobody took the activity up again'];
  const { key, activity } = killed;
  // A flag is written to its own store, not to the target whose log this is.
  if (key === undefined || activity === 'flag' || writes === null) return [];
  const seen = (event: WitnessEvent['event']): boolean =>
    writes.some((line) => line.event === event && 'key' in line && line.key === key && line.at > killed.at);
  // Killed after its effect, the write must come once more and find everything as it wants it.
  if (when === 'after') return seen('repeated') ? [] : ['the write was not repeated'];
  return seen('applied') || seen('repeated') ? [] : ['the write was never made'];
};
