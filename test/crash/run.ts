/**
 * The crash lane: `npm run test:crash [-- NAME…]`. Kills the daemon at every boundary of a rollout, and more; prints
 * a table and, as its last line, `N passed, N failed`. docs/crash-lane.md says what it shows. With names, only the
 * scenarios whose names contain one of them.
 */
import { randomUUID } from 'node:crypto';
import { mkdtempSync, realpathSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { leftBehind, runVariable } from '../../tools/left-behind.ts';
import { obtainHaproxy } from '../servers/obtain-haproxy.ts';
import { playKilled } from './boundaries.ts';
import { endLeftovers, leftovers } from './leftovers.ts';
import { writeMatrix } from './matrix.ts';
import { witnessesSee } from './planted.ts';
import type { Row } from './row.ts';
import { heading, plainRow, sayRow } from './row.ts';
import type { Scenario } from './scenario.ts';
import { secondsSince } from './scenario.ts';
import { killedRollouts } from './scenarios/boundaries.ts';
import { endedOutside } from './scenarios/ended-outside.ts';
import { outages } from './scenarios/outages.ts';
import { outcomes } from './scenarios/outcomes.ts';
import { requests } from './scenarios/requests.ts';
import { resets } from './scenarios/resets.ts';
import { killedStrategies } from './scenarios/strategies.ts';
import { Stand } from './stand.ts';

/** Stands side by side: much of a crash is waiting for time-outs, which costs no core. */
const standsAtOnce = 3;

/** Every process of the lane has it, whatever folder it works in. */
const mark = randomUUID();
process.env[runVariable] = mark;

const given = process.argv.slice(2);
/** Every kill on both sides of its activity; without it, of each strategy but the canary one side by turns. */
const full = given.includes('--full');

/** What needs a stand of its own kind first, then the longest, so that the stands finish together. */
const scenarios: readonly Scenario[] = [
  ...[...killedRollouts, ...killedStrategies(full)].map((rollout) => ({
    name: rollout.name,
    ...(rollout.target === 'haproxy' ? { on: 'haproxy' as const } : {}),
    play: (stand: Stand) => playKilled(stand, rollout),
  })),
  ...(full ? outcomes : []),
  ...outages,
  ...requests,
  ...endedOutside,
  ...resets,
].sort((one, other) => Number(other.on === 'haproxy') - Number(one.on === 'haproxy'));

const say = (text: string): void => {
  process.stdout.write(`${text}\n`);
};

const failures: Row[] = [];
let passed = 0;
const rows: Row[] = [];
const count = (row: Row): void => {
  rows.push(row);
  say(sayRow(row));
  if (row.problems.length === 0) passed += 1;
  else failures.push(row);
};

/** A failure that is none of a rollout's own: the error, and what the daemon said last. */
const countError = (name: string, error: unknown, stand: Stand): void => {
  const why = error instanceof Error ? error.message : String(error);
  count(plainRow(name, 0, [why, `the daemon's log ends:\n${stand.log()}`]));
};

const root = realpathSync(mkdtempSync(join(tmpdir(), 'sluice-crash-')));
const stands: Stand[] = [];
let opened = 0;
const folders = (): readonly string[] => stands.map(({ folder }) => folder);
let stopped = false;

/** A stand that is up, or `null` where it does not come up: then there is no use in another one. */
const openStand = async (on: Scenario['on'] = 'practice'): Promise<Stand | null> => {
  opened += 1;
  const stand = new Stand(join(root, String(opened)), on);
  stands.push(stand);
  try {
    await stand.open();
    return stand;
  } catch (error) {
    if (!stopped) countError('a stand comes up', error, stand);
    await endLeftovers([stand.folder]);
    return null;
  }
};

/**
 * Plays what is left of the queue, on one stand after the other: where something failed, nothing is played again, and
 * what ships into another world has a stand of its own.
 */
const work = async (queue: Scenario[]): Promise<void> => {
  for (let [next] = queue; next !== undefined && !stopped; [next] = queue) {
    const { on } = next;
    const stand = await openStand(on);
    if (stand === null) return;
    let well = true;
    while (well && !stopped && queue[0] !== undefined && queue[0].on === on) {
      const scenario = queue.shift();
      if (scenario !== undefined) well = await play(stand, scenario);
    }
    try {
      await stand.close();
    } catch (error) {
      well = false;
      if (!stopped) countError('a stand stops in order', error, stand);
    }
    if (!well) await endLeftovers([stand.folder]);
  }
};

/** Whether the stand is fit for the next one. */
const play = async (stand: Stand, scenario: Scenario): Promise<boolean> => {
  try {
    // What an earlier scenario shipped by is not this one's: a canary, unless it says otherwise.
    stand.fixture.use('canary');
    const rows = await scenario.play(stand);
    for (const row of rows) count(row);
    return rows.every(({ problems }) => problems.length === 0);
  } catch (error) {
    if (!stopped) countError(scenario.name, error, stand);
    return false;
  }
};

const onSignal = (signal: NodeJS.Signals): void => {
  if (stopped) process.exit(130);
  stopped = true;
  say(`${signal}: ending every process of the lane; once more leaves them`);
  for (const { daemon } of stands) daemon.abandon();
  endLeftovers(folders()).then(
    () => {
      rmSync(root, { recursive: true, force: true });
      process.exit(130);
    },
    (error: unknown) => {
      say(String(error));
      process.exit(1);
    },
  );
};
process.on('SIGINT', onSignal).on('SIGTERM', onSignal).on('SIGHUP', onSignal);

const wanted = given.filter((word) => word !== '--full');
const haproxy = await obtainHaproxy();
// In CI what can't be played has failed; elsewhere a machine may have no HAProxy, and is told so.
const without = haproxy.program === null && process.env['CI'] !== 'true' ? haproxy.sentence : null;
if (without !== null) say(`Nothing is played on HAProxy. ${without}`);
const queue = scenarios.filter(
  ({ name, on }) =>
    (wanted.length === 0 || wanted.some((part) => name.includes(part))) &&
    (without === null || on !== 'haproxy'),
);
if (queue.length === 0) {
  say(`No scenario has such a name. There are: ${scenarios.map(({ name }) => name).join(', ')}.`);
  process.exit(1);
}

const beganAt = Date.now();
say(heading);
count(witnessesSee());
await Promise.all(Array.from({ length: Math.min(standsAtOnce, queue.length) }, () => work(queue)));
for (const { name } of queue) count(plainRow(name, 0, ['there was no stand to play it on']));
const left = await leftovers(folders());
const others = (await leftBehind(mark)).filter(({ pid }) => left.every((one) => one.pid !== pid));
count(
  plainRow(
    'nothing is left behind',
    0,
    [...left, ...others.map(({ pid, command }) => ({ pid, what: command }))].map(
      ({ pid, what }) => `process ${pid} is still there: ${what}`,
    ),
  ),
);
await endLeftovers(folders());
if (failures.length === 0) rmSync(root, { recursive: true, force: true });
else say(`data folders and logs: ${root}`);
for (const { name, problems } of failures)
  say(`FAILED: crash: ${name}: ${problems[0]?.split('\n')[0] ?? ''}`);
// Of a part of it there would be a table with holes.
if (full && wanted.length === 0 && !stopped) say(`the matrix: ${await writeMatrix(rows)}`);
say(`${secondsSince(beganAt).toFixed(0)} s`);
say(`${passed} passed, ${failures.length} failed`);
process.exit(failures.length === 0 ? 0 : 1);
