import type { Weights } from '../../../runbooks/runbook.ts';
import type { RolloutView } from '../../../src/store/views.ts';
import { rolloutWorkflowId } from '../../../workflows/ids.ts';
import { problemDocument } from '../../../src/api/schemas/answers.ts';
import { environment, service } from '../fixture.ts';
import { judge, rowOf } from '../judge.ts';
import type { Opening } from '../play.ts';
import { open, outAndBack, watching } from '../play.ts';
import type { Row } from '../row.ts';
import type { Scenario } from '../scenario.ts';
import { said, secondsSince } from '../scenario.ts';
import type { Stand } from '../stand.ts';
import { until } from '../until.ts';

export const workflowId = rolloutWorkflowId(environment, service);
export const sweepSchedule = 'sluice-sweep-sluice';

/** A rollout that loses its run, and everywhere its traffic goes until it is back. */
type Losing = Opening & { readonly rolloutId: string; readonly traffic: readonly Weights[] };

/** A rollout at 20 % of the traffic. */
const begin = async (stand: Stand, name: string): Promise<Losing> => {
  const opening = await open(stand, name, 'healthy');
  const { rolloutId } = await stand.api.deploy(opening.version, opening.key);
  await watching(stand, rolloutId, 20);
  return { ...opening, rolloutId, traffic: outAndBack(opening) };
};

/** As a person ends a workflow in Temporal's own UI. */
const terminate = (stand: Stand): Promise<unknown> =>
  stand.temporal((client) => client.workflow.getHandle(workflowId).terminate('the crash lane does it'));

const recoveryOf = (stand: Stand, lostId: string): Promise<RolloutView> =>
  until(`the recovery of ${lostId}`, async () =>
    (await stand.api.rollouts()).find(({ kind, of }) => kind === 'recover' && of === lostId),
  );

/** What became of the lost rollout, and of the one that took the traffic back. */
export const judgeRecovery = async (
  stand: Stand,
  name: string,
  lost: Losing,
  endedAt: number,
): Promise<readonly Row[]> => {
  const recovery = await recoveryOf(stand, lost.rolloutId);
  await stand.ended(recovery.id);
  const seconds = secondsSince(endedAt);
  await stand.ended(lost.rolloutId);
  await stand.story(recovery.id, 'keep-closed');
  const expected = { traffic: lost.traffic, since: lost.since };
  const judgedLost = await judge(stand, lost.rolloutId, { ...expected, state: 'rolled-back' });
  const judged = await judge(stand, recovery.id, { ...expected, state: 'succeeded' });
  const { groups } = await stand.observe();
  const { sentence } = judgedLost.view;
  const count = (await stand.api.rollouts()).filter(({ of }) => of === lost.rolloutId).length;
  return [
    rowOf(`${name}: the lost one`, judgedLost, seconds, {
      more: said(
        sentence?.includes(recovery.id) !== true &&
          `its end does not tell of the recovery: ${String(sentence)}`,
      ),
    }),
    rowOf(`${name}: its recovery`, judged, seconds, {
      more: said(
        count !== 1 && `${count} recoveries were started`,
        groups.some(({ version }) => version === lost.version) && `${lost.version} still runs`,
      ),
    }),
  ];
};

const foundAtStart: Scenario = {
  name: 'terminated, found at start-up',
  play: async (stand) => {
    const lost = await begin(stand, 'terminated-down');
    await stand.daemon.kill();
    const endedAt = Date.now();
    await terminate(stand);
    await stand.daemon.up();
    return judgeRecovery(stand, 'terminated, found at start-up', lost, endedAt);
  },
};

const foundBySweep: Scenario = {
  name: 'terminated, found by the schedule',
  play: async (stand) => {
    const lost = await begin(stand, 'terminated-swept');
    const endedAt = Date.now();
    await terminate(stand);
    await stand.temporal((client) => client.schedule.getHandle(sweepSchedule).trigger());
    return judgeRecovery(stand, 'terminated, found by the schedule', lost, endedAt);
  },
};

/** The next deploy finds the lost rollout, is told that its recovery runs, and is taken afterwards. */
const foundByDeploy: Scenario = {
  name: 'terminated, found by the next deploy',
  play: async (stand) => {
    const lost = await begin(stand, 'terminated-deploy');
    const endedAt = Date.now();
    await terminate(stand);
    const version = stand.fixture.healthy();
    const body = { kind: 'deploy', service, environment, version };
    const answer = await stand.api.ask({ path: '/v1/rollouts', body, key: `early-${version}` });
    const recovery = await recoveryOf(stand, lost.rolloutId);
    const told = problemDocument.safeParse(answer.body).data;
    const rows = await judgeRecovery(stand, 'terminated, found by the next deploy', lost, endedAt);
    const taken = await stand.api.deploy(version, `later-${version}`);
    const { state } = await stand.ended(taken.rolloutId);
    const more = said(
      told?.code !== 'ROLLOUT_LOCKED' &&
        `the early deploy was answered with ${answer.status} ${String(told?.code)}`,
      told?.details?.['rolloutId'] !== recovery.id && 'it was not told which rollout runs',
      state !== 'succeeded' && `the deploy after the recovery ended as ${state}`,
    );
    return rows.map((row, i) => (i === 1 ? { ...row, problems: [...row.problems, ...more] } : row));
  },
};

export const endedOutside: readonly Scenario[] = [foundAtStart, foundBySweep, foundByDeploy];
