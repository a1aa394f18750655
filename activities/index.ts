import type { Activities, TellActivities, WatchActivities } from '../workflows/contract.ts';
import { makeAnnounce, makeFollow } from './announce.ts';
import { makeClaim } from './claim.ts';
import { makeContract } from './contract.ts';
import type { Deps } from './deps.ts';
import { withFailures } from './failure.ts';
import { makeFreeze } from './freeze.ts';
import { makeMigrate } from './migrate.ts';
import { makeObserve } from './observe.ts';
import { makePage, makeTellChange, makeTellSource } from './page.ts';
import { makePendingWork } from './pending-work.ts';
import { makePreflight } from './preflight.ts';
import { makePrepare } from './prepare.ts';
import { makeReady } from './ready.ts';
import { withPulse } from './pulse.ts';
import { makeRecord } from './record.ts';
import { roomFor } from './room.ts';
import { makeSweep } from './sweep.ts';
import { makeSmoke } from './smoke.ts';
import { makeVerify } from './verify.ts';
import { makeWatch } from './watch.ts';
import { makeWrite } from './writes.ts';

/** Activities of the main queue. */
export const makeActivities = (deps: Deps): Activities => {
  const write = makeWrite(deps);
  return withFailures<Activities>({
    prepare: withPulse(makePrepare(deps)),
    observe: withPulse(makeObserve(deps)),
    preflight: withPulse(makePreflight(deps)),
    freeze: makeFreeze(deps),
    claimKeep: withPulse(makeClaim(deps)),
    migrate: withPulse(makeMigrate('expand')),
    contract: withPulse(makeContract(deps)),
    pendingWork: makePendingWork(deps),
    // One name each, so that Temporal's history reads like the runbook.
    deploy: write,
    shift: write,
    promote: write,
    retire: write,
    scale: write,
    flag: write,
    ready: makeReady(deps),
    smoke: makeSmoke(deps),
    verify: makeVerify(deps),
    record: makeRecord(deps),
    sweep: makeSweep(deps),
  });
};

/** Activities of the watch queue. */
export const makeWatchActivities = (deps: Deps): WatchActivities =>
  withFailures<WatchActivities>({ watch: makeWatch(deps) });

/** Activities of the queue of what is told; `slots`: how many of them one worker runs at once. */
export const makeTellActivities = (deps: Deps, slots: number): TellActivities => {
  const slack = roomFor(Math.max(1, Math.floor((slots * 3) / 4)));
  const following = roomFor(Math.max(1, Math.floor(slots / 2)));
  return withFailures<TellActivities>({
    page: makePage(deps),
    tellChange: makeTellChange(deps),
    tellSource: makeTellSource(deps),
    announce: slack(makeAnnounce(deps)),
    follow: slack(following(makeFollow(deps))),
  });
};
