import type { PracticeEvent } from '../../activities/targets/practice/event-log.ts';
import type { Judged } from './judge.ts';
import { judge, rowOf } from './judge.ts';
import type { Kill } from './plan.ts';
import { open, outAndBack, promote, wayUp } from './play.ts';
import type { Row } from './row.ts';
import type { Stand } from './stand.ts';
import type { TraceLine } from './trace.ts';
import { counted } from './trace.ts';

/** One rollout in which the daemon is killed at each of these boundaries, and comes back each time. */
export type KilledRollout = {
  readonly name: string;
  readonly release: 'healthy' | 'failing';
  readonly kills: readonly Kill[];
  /** How long the version that was left stays ready. */
  readonly keepWarm?: string;
  /** The version that runs before must have been promoted by a rollout, whose `keep` is claimed. */
  readonly claims?: boolean;
};

/** Rows of the table: one for each kill. */
export const playKilled = async (stand: Stand, rollout: KilledRollout): Promise<readonly Row[]> => {
  const { name, release, kills, keepWarm = '1h', claims = false } = rollout;
  stand.fixture.keepWarm(keepWarm);
  if (claims) await promote(stand, `${name}-before`);
  const opening = await open(stand, name, release);
  stand.plan({ id: name, kills });
  const { rolloutId } = await stand.api.deploy(opening.version, opening.key);
  await stand.ended(rolloutId);
  // What `keep` does after the end has its boundaries, too.
  if (release === 'healthy' && kills.some(({ activity }) => activity === 'retire')) {
    await stand.story(rolloutId, 'keep-closed');
  }
  const expected =
    release === 'healthy'
      ? ({ state: 'succeeded', traffic: wayUp(opening) } as const)
      : ({ state: 'rolled-back', traffic: outAndBack(opening) } as const);
  const judged = await judge(stand, rolloutId, { ...expected, since: opening.since });
  const practice = await stand.practiceEvents(opening.since);
  const seen = { judged, practice, trace: stand.trace().filter((line) => line.plan === name) };
  return kills.map((kill) => rowOfKill(name, kill, seen));
};

type Seen = {
  readonly judged: Judged;
  readonly practice: readonly PracticeEvent[];
  /** All that happened under the plan, as the daemon counted it: other workflows record, too. */
  readonly trace: readonly TraceLine[];
};

const rowOfKill = (plan: string, kill: Kill, { judged, practice, trace }: Seen): Row => {
  const { activity, nth, when, percent } = kill;
  const id = counted(trace, plan, kill)[nth - 1];
  const lines = trace.filter((line) => line.id === id);
  const killed = lines.find((line) => line.event === 'killed' && line.when === when);
  const again = lines.find(
    (line) =>
      killed !== undefined && line.at > killed.at && (line.event === 'end' || line.event === 'killed'),
  );
  const place = nth > 1 || activity === 'shift' ? ` ${nth}` : '';
  const name = `${plan}: ${when} ${activity}${percent === undefined ? place : ` at ${percent} %`}`;
  const more = missing(kill, killed, again, practice);
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
  practice: readonly PracticeEvent[],
): readonly string[] => {
  if (killed === undefined) return ['the rollout never came to this boundary'];
  if (again === undefined) return ['nobody took the activity up again'];
  const { key } = killed;
  if (key === undefined) return [];
  const seen = (event: PracticeEvent['event']): boolean =>
    practice.some((line) => line.event === event && 'key' in line && line.key === key && line.at > killed.at);
  // Killed after its effect, the write must come once more and find everything as it wants it.
  if (when === 'after') return seen('repeated') ? [] : ['the write was not repeated'];
  return seen('applied') || seen('repeated') ? [] : ['the write was never made'];
};
