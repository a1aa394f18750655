import { setTimeout as delay } from 'node:timers/promises';
import type { WitnessEvent } from '../planes/plane.ts';
import { judge, rowOf } from '../judge.ts';
import { open, outAndBack, watching, wayUp } from '../play.ts';
import type { Scenario } from '../scenario.ts';
import { said, secondsSince } from '../scenario.ts';
import { until } from '../until.ts';

const outageMs = 30_000;

/** Temporal dies in the middle of a watch; the daemon starts it again with its database. */
const temporalKilled: Scenario = {
  name: 'Temporal killed mid-watch',
  play: async (stand) => {
    const opening = await open(stand, 'temporal', 'healthy');
    const { rolloutId } = await stand.api.deploy(opening.version, opening.key);
    await watching(stand, rolloutId, 20);
    const { pid } = await stand.temporalRecord();
    const killedAt = Date.now();
    process.kill(pid, 'SIGKILL');
    await stand.ended(rolloutId);
    const seconds = secondsSince(killedAt);
    const judged = await judge(stand, rolloutId, {
      state: 'succeeded',
      traffic: wayUp(opening),
      since: opening.since,
    });
    const same = (await stand.temporalRecord()).pid === pid;
    const more = said(same && 'Temporal was not started again');
    return [rowOf('Temporal killed mid-watch', judged, seconds, { more })];
  },
};

/** Daemon and Temporal die in the same moment; then the daemon is started again. */
const bothKilled: Scenario = {
  name: 'daemon and Temporal killed mid-watch',
  play: async (stand) => {
    const opening = await open(stand, 'both', 'healthy');
    const { rolloutId } = await stand.api.deploy(opening.version, opening.key);
    await watching(stand, rolloutId, 50);
    const { pid } = await stand.temporalRecord();
    const killedAt = Date.now();
    process.kill(pid, 'SIGKILL');
    await stand.daemon.kill();
    await stand.daemon.up();
    await stand.ended(rolloutId);
    const seconds = secondsSince(killedAt);
    const judged = await judge(stand, rolloutId, {
      state: 'succeeded',
      traffic: wayUp(opening),
      since: opening.since,
    });
    return [rowOf('daemon and Temporal killed mid-watch', judged, seconds)];
  },
};

const busyMs = 6_000;

/** The next daemon finds a Temporal that lives and is too busy to answer: it waits for it and starts no second one. */
const temporalBusy: Scenario = {
  name: 'daemon killed while Temporal is too busy to answer',
  play: async (stand) => {
    const opening = await open(stand, 'busy', 'healthy');
    const { rolloutId } = await stand.api.deploy(opening.version, opening.key);
    await watching(stand, rolloutId, 20);
    const { pid } = await stand.temporalRecord();
    const killedAt = Date.now();
    await stand.daemon.kill();
    process.kill(pid, 'SIGSTOP');
    try {
      stand.daemon.start();
      await until('the next daemon owns the ledger', () => stand.owner() === stand.daemon.pid);
      await delay(busyMs);
    } finally {
      process.kill(pid, 'SIGCONT');
    }
    await stand.daemon.up();
    await stand.ended(rolloutId);
    const seconds = secondsSince(killedAt);
    const judged = await judge(stand, rolloutId, {
      state: 'succeeded',
      traffic: wayUp(opening),
      since: opening.since,
    });
    const other = (await stand.temporalRecord()).pid !== pid;
    const more = said(other && 'a second Temporal was started on the database of the first');
    return [rowOf('daemon killed, Temporal too busy to answer', judged, seconds, { more })];
  },
};

const isShift = (event: WitnessEvent): boolean => event.event === 'received' && event.action.do === 'shift';

/**
 * The target is gone for half a minute, and with it the answer to a write that it has carried out: the write is tried
 * again until the target is back, and changes nothing then.
 */
const unreachableForward: Scenario = {
  name: 'target unreachable 30 s on the way up',
  play: async (stand) => {
    const opening = await open(stand, 'away', 'healthy');
    await stand.fault({ delayNextWriteMs: 1_000, action: 'shift' });
    await stand.fault({ loseNextAnswers: 1, action: 'shift' });
    const { rolloutId } = await stand.api.deploy(opening.version, opening.key);
    await until('the first shift arrives', async () => (await stand.witnessed(opening.since)).some(isShift));
    const goneAt = Date.now();
    await stand.fault({ unreachableMs: outageMs });
    await stand.ended(rolloutId);
    const seconds = secondsSince(goneAt);
    const judged = await judge(stand, rolloutId, {
      state: 'succeeded',
      traffic: wayUp(opening),
      since: opening.since,
    });
    const repeated = (await stand.witnessed(opening.since)).find((event) => event.event === 'repeated');
    const more = said(
      repeated === undefined && 'the write whose answer was lost was not repeated',
      repeated !== undefined && repeated.at - goneAt < outageMs && 'the target was not away',
    );
    return [rowOf('target unreachable 30 s on the way up', judged, seconds, { more })];
  },
};

/** The target is gone when a person aborts: the way back goes on trying, and succeeds when the target is back. */
const unreachableBack: Scenario = {
  name: 'target unreachable 30 s on the way back',
  play: async (stand) => {
    const opening = await open(stand, 'away-back', 'healthy');
    const { rolloutId } = await stand.api.deploy(opening.version, opening.key);
    await watching(stand, rolloutId, 20);
    const goneAt = Date.now();
    await stand.fault({ unreachableMs: outageMs });
    await stand.api.say(rolloutId, 'abort', `abort-${rolloutId}`);
    const { trafficBackMs } = await stand.ended(rolloutId);
    const seconds = secondsSince(goneAt);
    const judged = await judge(stand, rolloutId, {
      state: 'aborted',
      traffic: outAndBack(opening),
      since: opening.since,
    });
    const more = said((trafficBackMs ?? 0) < outageMs / 2 && 'the target was not away');
    return [rowOf('target unreachable 30 s on the way back', judged, seconds, { more })];
  },
};

/** A write on the way up is held up at the target until after the abort: it must not land any more. */
const lateWrite: Scenario = {
  name: 'write held up until after the abort',
  play: async (stand) => {
    const opening = await open(stand, 'late', 'healthy');
    await stand.fault({ delayNextWriteMs: 5_000, action: 'shift' });
    const { rolloutId } = await stand.api.deploy(opening.version, opening.key);
    const held = await until('the first shift arrives', async () =>
      (await stand.witnessed(opening.since)).find(isShift),
    );
    const abortedAt = Date.now();
    await stand.api.say(rolloutId, 'abort', `abort-${rolloutId}`);
    await stand.ended(rolloutId);
    const seconds = secondsSince(abortedAt);
    const key = 'key' in held ? held.key : '';
    const fenced = await until('the late write is refused', async () =>
      (await stand.witnessed(opening.since)).find((event) => event.event === 'fenced'),
    );
    const judged = await judge(stand, rolloutId, {
      state: 'aborted',
      // It has all the traffic before, and keeps it.
      traffic: [],
      since: opening.since,
      late: (late) => late === key,
    });
    const more = said(fenced.key !== key && `another write was refused: ${fenced.key}`);
    return [rowOf('write held up until after the abort', judged, seconds, { more })];
  },
};

export const outages: readonly Scenario[] = [
  unreachableForward,
  unreachableBack,
  temporalKilled,
  bothKilled,
  temporalBusy,
  lateWrite,
];
