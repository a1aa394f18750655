import type { Activities, WatchActivities } from '../workflows/contract.ts';
import { makeClaim } from './claim.ts';
import type { Deps } from './deps.ts';
import { withFailures } from './failure.ts';
import { makeObserve } from './observe.ts';
import { makePreflight } from './preflight.ts';
import { makePrepare } from './prepare.ts';
import { makeReady } from './ready.ts';
import { makeRecord } from './record.ts';
import { makeSmoke } from './smoke.ts';
import { makeVerify } from './verify.ts';
import { makeWatch } from './watch.ts';
import { makeWrite } from './writes.ts';

/** Activities of the main queue. */
export const makeActivities = (deps: Deps): Activities => {
  const write = makeWrite(deps);
  return withFailures<Activities>({
    prepare: makePrepare(deps),
    observe: makeObserve(deps),
    preflight: makePreflight(deps),
    claimKeep: makeClaim(deps),
    // One name each, so that Temporal's history reads like the runbook.
    deploy: write,
    shift: write,
    promote: write,
    retire: write,
    ready: makeReady(deps),
    smoke: makeSmoke(deps),
    verify: makeVerify(deps),
    record: makeRecord(deps),
    sweep: deps.recoverLost,
  });
};

/** Activities of the watch queue. */
export const makeWatchActivities = (deps: Deps): WatchActivities =>
  withFailures<WatchActivities>({ watch: makeWatch(deps) });
