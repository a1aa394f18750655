import { expect, test } from '@jest/globals';
import type { Actor } from '../../runbooks/access.ts';
import { approvalSchema } from '../../runbooks/approval.ts';
import type { ServiceFile } from '../../runbooks/service.ts';
import { contractUpdate } from '../../workflows/messages.ts';
import { migrating } from '../runbooks/migrating.ts';
import { group, makeService, makeState } from '../runbooks/make.ts';
import type { PlayedRollout, Script } from './stage.ts';
import { script, statesOf, until } from './stage.ts';
import { stagePerTest } from './stage-hooks.ts';

const hour = 3_600_000;

const stage = stagePerTest();

const asking = (approval: object, service = makeService()): ServiceFile => {
  const production = service.environments['production'];
  if (production === undefined) throw new Error('no production');
  const block = approvalSchema.parse({ by: ['managers'], ...approval });
  return { ...service, environments: { production: { ...production, approval: block } } };
};
const person = (id: string, ...groups: readonly string[]): Actor => ({ id, via: 'slack', groups });
const [ana, bo, cy] = [person('ana', 'managers'), person('bo', 'managers'), person('cy', 'managers')];
const asked = (service: ServiceFile) => ({ service, input: { actor: ana } });

const approvals = ({ events }: Script) =>
  events.flatMap(({ body, at }) => (body.type === 'approval' ? [{ ...body, at: Date.parse(at) }] : []));
const refusedWith = (type: string, words: string) => ({
  cause: { type, message: expect.stringContaining(words) },
});
const waits = (run: PlayedRollout) => until(run, 'awaiting-approval');

test('two of three: nothing runs before the second, and nobody counts twice or approves their own', async () => {
  const play = script();
  const result = await stage().play(
    play,
    async (run) => {
      await waits(run);
      const approve = (actor: Actor) => run.say('approve', { actor });
      await expect(approve(ana)).rejects.toMatchObject(refusedWith('NOT_AUTHORISED', 'ana asked for it'));
      await expect(approve(person('eve', 'team'))).rejects.toMatchObject(
        refusedWith('NOT_AUTHORISED', 'only managers'),
      );
      expect(await approve(bo)).toEqual({ effect: 'approve', state: 'awaiting-approval' });
      await expect(approve(bo)).rejects.toMatchObject(refusedWith('NOT_AUTHORISED', '1 of 2 approvals'));
      await expect(run.say('hold')).rejects.toMatchObject(refusedWith('COMMAND_REFUSED', 'nothing has run'));
      expect(play.writes).toEqual([]);
      await approve(cy);
      return run.handle.result();
    },
    asked(asking({ count: 2 })),
  );
  expect(result.state).toBe('succeeded');
  expect(approvals(play).map(({ is }) => is)).toEqual(['asked']);
  const shown = play.events.flatMap(({ body }) =>
    body.type === 'state' && body.state === 'awaiting-approval' ? [body.next] : [],
  );
  expect(shown).toEqual([
    'it expires; so far 0 of 2 approvals by managers',
    'it expires; so far 1 of 2 approvals by managers',
  ]);
});

test('unanswered it has expired, after a word at half and at four fifths of the time', async () => {
  const play = script();
  const result = await stage().play(
    play,
    async (run) => {
      await waits(run);
      await run.say('approve', { actor: bo });
      return run.handle.result();
    },
    asked(asking({ count: 2, expires: '10h' })),
  );
  expect(result.state).toBe('expired');
  expect(result.sentence).toBe('Not approved within 10 h: 1 of 2 approvals by managers. Nothing has run.');
  expect(play.writes).toEqual([]);
  const [first, half, late] = approvals(play);
  expect(approvals(play).map(({ is, given }) => [is, given])).toEqual([
    ['asked', []],
    ['reminder', ['bo']],
    ['reminder', ['bo']],
  ]);
  const hours = [half, late].map((event) => Math.round(((event?.at ?? 0) - (first?.at ?? 0)) / hour));
  expect(hours).toEqual([5, 8]);
  const closed = play.events.find(({ body }) => body.type === 'closed')?.at ?? '';
  expect(Date.parse(closed) - (first?.at ?? 0)).toBeGreaterThanOrEqual(10 * hour);
});

test('another plan voids what was given for the old one, and is asked about anew', async () => {
  const play = script();
  const result = await stage().play(
    play,
    async (run) => {
      await waits(run);
      // Somebody has put another version there since it was planned.
      play.state = makeState(group('2.0.3', 'c'));
      await run.say('approve', { actor: bo });
      while (approvals(play).length < 3) await new Promise((resolve) => setTimeout(resolve, 25));
      const [old, , now] = approvals(play);
      expect(old?.hash).not.toBe(now?.hash);
      const late = run.say('approve', { actor: bo, plan: old?.hash ?? '' });
      await expect(late).rejects.toMatchObject(refusedWith('COMMAND_REFUSED', 'the plan has changed'));
      expect(play.writes).toEqual([]);
      await run.say('approve', { actor: bo, plan: now?.hash ?? '' });
      return run.handle.result();
    },
    asked(asking({})),
  );
  expect(result.state).toBe('succeeded');
  expect(approvals(play).map(({ is }) => is)).toEqual(['asked', 'void', 'asked']);
  expect(play.writes.find(({ action }) => action.do === 'shift')?.action).toMatchObject({
    weights: { '2.0.3': 90 },
  });
});

test('denied, aborted, or planned no more: it ends, each in its own words, and nothing has run', async () => {
  const ends = async (act: (run: PlayedRollout, play: Script) => Promise<unknown>) => {
    const play = script();
    const result = await stage().play(
      play,
      async (run) => {
        await waits(run);
        await act(run, play);
        return run.handle.result();
      },
      asked(asking({})),
    );
    expect(play.writes).toEqual([]);
    expect(statesOf(play).at(-1)).toBe(result.state);
    return result;
  };
  const denied = await ends((run) => run.say('deny', { actor: cy, reason: 'not today' }));
  expect(denied).toMatchObject({ state: 'denied', sentence: 'Denied by cy. Nothing has run.' });
  const aborted = await ends((run) => run.say('abort', { actor: person('eve') }));
  expect(aborted).toMatchObject({ state: 'aborted', sentence: expect.stringContaining('Nothing has run') });
  const cancelled = await ends((run) => run.handle.cancel());
  expect(cancelled.state).toBe('aborted');
  const moved = await ends((run, play) => {
    // It runs already: whoever approves it now can not have it.
    play.state = makeState(group('2.1.0', 'b'));
    return run.say('approve', { actor: bo });
  });
  expect(moved.state).toBe('refused');
});

test('that the database may contract is approved by the same people, by the same rules', async () => {
  const sha256 = 'f'.repeat(64);
  const migrations = [{ name: '0001-email', sha256 }];
  const play = script({
    look: {
      level: '0001-email',
      pending: [],
      contractable: migrations,
      passed: {},
      warnings: [],
      problems: [],
    },
  });
  await stage().play(
    play,
    async (run) => {
      await waits(run);
      await run.say('approve', { actor: bo });
      await run.say('approve', { actor: cy });
      expect((await run.handle.result()).state).toBe('succeeded');
      const keep = run.env.client.workflow.getHandle(`keep/${run.rolloutId}`);
      while (!play.events.some(({ body }) => body.type === 'contract'))
        await new Promise((resolve) => setTimeout(resolve, 25));
      const approve = (actor: Actor, id: string) =>
        keep.executeUpdate(contractUpdate, {
          args: [{ id, rolloutId: run.rolloutId, actor, reason: null }],
          updateId: id,
        });
      await expect(approve(ana, 'own')).rejects.toMatchObject(
        refusedWith('NOT_AUTHORISED', 'ana asked for it'),
      );
      await approve(bo, 'first');
      await expect(approve(bo, 'again')).rejects.toMatchObject(
        refusedWith('NOT_AUTHORISED', '1 of 2 approvals'),
      );
      expect(play.migrated.map(({ phase }) => phase)).not.toContain('contract');
      await approve(cy, 'second');
      await keep.result();
    },
    asked(asking({ count: 2 }, migrating({}, 500))),
  );
  expect(play.migrated.map(({ phase }) => phase)).toContain('contract');
});
