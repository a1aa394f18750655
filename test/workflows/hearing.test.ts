import { expect, test } from '@jest/globals';
import type { Actor } from '../../runbooks/access.ts';
import { approvalSchema } from '../../runbooks/approval.ts';
import type { ServiceFile } from '../../runbooks/service.ts';
import type { RolloutState } from '../../runbooks/state.ts';
import { Hearing } from '../../workflows/hearing.ts';
import { wayBackSignal } from '../../workflows/messages.ts';
import { makeService } from '../runbooks/make.ts';
import type { PlayedRollout } from './stage.ts';
import { operator, script, until } from './stage.ts';
import { stagePerTest } from './stage-hooks.ts';

const stage = stagePerTest();
const stranger: Actor = { id: 'eve', via: 'slack', groups: ['nobody'] };

/** Waits for an approval, which nobody gives. */
const waiting = (): ServiceFile => {
  const service = makeService();
  const { production } = service.environments;
  if (production === undefined) throw new Error('no production');
  const approval = approvalSchema.parse({ by: ['managers'] });
  return { ...service, environments: { production: { ...production, approval } } };
};
const commandsOf = ({ events }: ReturnType<typeof script>) =>
  events.flatMap(({ body }) => (body.type === 'command' ? [body] : []));

test('a signal that an update would be refused for is refused, and its update then hears the same', async () => {
  const play = script();
  const steer = async (run: PlayedRollout) => {
    await until(run, 'awaiting-approval');
    const message = { id: 'k-1', rolloutId: run.rolloutId, actor: stranger, reason: null };
    await run.handle.signal(wayBackSignal, { ...message, command: 'rollback' });
    const refused = { cause: { type: 'NOT_AUTHORISED', message: expect.stringContaining('only ') } };
    await expect(run.say('rollback', message)).rejects.toMatchObject(refused);
    // What was refused under a key is not done under it, whoever says it.
    await expect(run.say('rollback', { ...message, actor: operator })).rejects.toMatchObject(refused);
    expect(await run.handle.query<unknown>('status')).toMatchObject({ state: 'awaiting-approval' });
    await run.say('abort', { id: 'k-2' });
    return run.handle.result();
  };
  expect((await stage().play(play, steer, { service: waiting() })).state).toBe('aborted');
  expect(commandsOf(play)).toMatchObject([
    { command: 'rollback', effect: null, refusal: expect.stringContaining('only '), key: 'k-1' },
    { command: 'abort', effect: 'way-back', refusal: null, key: 'k-2' },
  ]);
});

test('the signal of one command that comes twice acts once, and is told once', async () => {
  const play = script();
  const steer = async (run: PlayedRollout) => {
    await until(run, 'awaiting-approval');
    const message = { id: 'k-1', rolloutId: run.rolloutId, actor: operator, reason: null };
    for (let i = 0; i < 2; i += 1)
      await run.handle.signal(wayBackSignal, { ...message, command: 'rollback' });
    return run.handle.result();
  };
  expect((await stage().play(play, steer, { service: waiting() })).state).toBe('aborted');
  expect(commandsOf(play)).toEqual([
    { type: 'command', command: 'rollback', effect: 'way-back', refusal: null, key: 'k-1' },
  ]);
});

const hearing = (state: RolloutState) =>
  new Hearing({
    ...{ rolloutId: 'one', access: {}, pages: false },
    state: () => state,
    approvals: () => null,
  });
const said = { id: 'k-1', rolloutId: 'one', actor: operator, reason: null };

test('what comes too late to be wanted is refused; what was heard in time is answered with what it did', () => {
  const one = hearing('watching');
  const late = { ...said, late: true };
  expect(one.judge('hold', late)).toMatchObject({
    code: 'COMMAND_REFUSED',
    sentence: expect.stringContaining('too long ago'),
  });
  expect(one.judge('hold', said)).toEqual({ effect: 'hold' });
  expect(one.isFirst(said, { effect: 'hold' })).toBe(true);
  expect(one.isFirst(late, { effect: 'hold' })).toBe(false);
  expect(one.judge('hold', late)).toEqual({ effect: 'hold' });
});

test('a run that has ended and not yet gone takes no command that would begin a new one', () => {
  for (const [state, command] of [
    ['succeeded', 'rollback'],
    ['rolled-back', 'retry'],
  ] as const)
    expect(hearing(state).judge(command, said)).toMatchObject({
      code: 'COMMAND_REFUSED',
      sentence: expect.stringContaining('Say it again in a moment'),
    });
});

test('who means another rollout is told which one runs', () => {
  expect(hearing('watching').judge('abort', { ...said, rolloutId: 'two' })).toMatchObject({
    code: 'COMMAND_REFUSED',
    runs: 'one',
  });
});
