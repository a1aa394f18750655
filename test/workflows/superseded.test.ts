import { expect, test } from '@jest/globals';
import type { Actor } from '../../runbooks/access.ts';
import { approvalSchema } from '../../runbooks/approval.ts';
import type { ServiceFile } from '../../runbooks/service.ts';
import type { SupersedeMessage } from '../../workflows/messages.ts';
import { supersedeUpdate } from '../../workflows/messages.ts';
import { refuseNewer } from '../../workflows/superseding.ts';
import { makeService } from '../runbooks/make.ts';
import type { PlayedRollout, Script } from './stage.ts';
import { operator, script, statesOf, until, verdict } from './stage.ts';
import { stagePerTest } from './stage-hooks.ts';

const stage = stagePerTest();

const bo: Actor = { id: 'bo', via: 'slack', groups: ['team-checkout'] };
const newer = (rolloutId: string, actor: Actor = bo): SupersedeMessage => ({
  ...{ id: 'supersede/next', rolloutId, version: '2.2.0', actor },
});
const wants = async (run: PlayedRollout, actor?: Actor) => {
  await run.settled();
  return run.handle.executeUpdate(supersedeUpdate, {
    args: [newer(run.rolloutId, actor)],
    updateId: `supersede/${actor?.id ?? 'next'}`,
  });
};

type Production = ServiceFile['environments'][string];
const serviceWith = (change: (production: Production) => Production): ServiceFile => {
  const service = makeService();
  const { production } = service.environments;
  if (production === undefined) throw new Error('no production');
  return { ...service, environments: { production: change(production) } };
};
const wayBackOf = ({ events }: Script) =>
  events.flatMap(({ body }) => (body.type === 'way-back' ? [body.cause] : []));

test('before anything has run it ends at once, and who approves it by then approves nothing', async () => {
  const play = script();
  const approval = approvalSchema.parse({ by: ['managers'], count: 2 });
  const steer = async (run: PlayedRollout) => {
    await until(run, 'awaiting-approval');
    await run.say('approve', { actor: { id: 'cy', via: 'slack', groups: ['managers'] } });
    await wants(run);
    return run.handle.result();
  };
  const service = serviceWith((production) => ({ ...production, approval }));
  expect(await stage().play(play, steer, { service })).toMatchObject({
    state: 'superseded',
    sentence: '2.2.0 was asked for by bo and takes its place. Nothing has run.',
  });
  expect(play.writes).toEqual([]);
});

test('on its way it goes back first, pages nobody, and ends as superseded', async () => {
  const play = script({ watches: [verdict('inconclusive', 'looks-bad')] });
  const steer = async (run: PlayedRollout) => {
    await until(run, 'inconclusive');
    const stranger: Actor = { id: 'eve', via: 'slack', groups: [] };
    await expect(wants(run, stranger)).rejects.toMatchObject({ cause: { type: 'NOT_AUTHORISED' } });
    expect(await wants(run)).toMatchObject({ effect: 'way-back' });
    return run.handle.result();
  };
  const service = serviceWith((production) => ({
    ...production,
    gates: { ...production.gates, onInconclusive: { extend: 0, then: 'ask' } },
  }));
  expect((await stage().play(play, steer, { service })).state).toBe('superseded');
  expect(play.state.weights).toEqual({ '2.0.4': 100 });
  expect(wayBackOf(play)).toMatchObject([{ by: 'newer' }]);
  expect(statesOf(play).slice(-2)).toEqual(['rolling-back', 'superseded']);
  expect(play.paged).toEqual([]);
});

const its: Parameters<typeof refuseNewer>[0] = {
  rolloutId: 'one',
  kind: 'deploy',
  access: { deploy: ['team-checkout'] },
  state: 'watching',
  noReturn: null,
};

test('who runs gives way to a newer deploy of whoever may deploy', () => {
  expect(refuseNewer(its, newer('one'))).toBeNull();
  expect(refuseNewer(its, newer('one', operator))).toBeNull();
});

test.each([
  ['another rollout runs', { ...its, rolloutId: 'two' }, 'COMMAND_REFUSED', 'two runs now'],
  ['who asks may not deploy', { ...its, access: { deploy: ['others'] } }, 'NOT_AUTHORISED', 'only others'],
  ['it is a rollback', { ...its, kind: 'rollback' as const }, 'COMMAND_REFUSED', 'a rollback'],
  ['it goes back', { ...its, state: 'rolling-back' as const }, 'COMMAND_REFUSED', 'already going back'],
  [
    'its way back failed',
    { ...its, state: 'rollback-failed' as const },
    'COMMAND_REFUSED',
    'waits for a person',
  ],
  ['it has ended', { ...its, state: 'succeeded' as const }, 'COMMAND_REFUSED', 'it has succeeded'],
  [
    'it is past the point of no return',
    { ...its, noReturn: { code: 'POINT_OF_NO_RETURN', message: 'gone is gone' } as const },
    'POINT_OF_NO_RETURN',
    'gone is gone',
  ],
])('it does not where %s', (_, rollout, code, words) => {
  expect(refuseNewer(rollout, newer('one'))).toMatchObject({
    code,
    sentence: expect.stringContaining(words),
  });
});
