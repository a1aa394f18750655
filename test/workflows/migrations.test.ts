import { describe, expect, test } from '@jest/globals';
import { ApplicationFailure } from '@temporalio/common';
import type { Actor } from '../../runbooks/access.ts';
import type { MigrationsLook } from '../../runbooks/migrations.ts';
import type { ServiceFile } from '../../runbooks/service.ts';
import { claimUpdate, contractUpdate } from '../../workflows/messages.ts';
import { migrating } from '../runbooks/migrating.ts';
import type { PlayedRollout, Script } from './stage.ts';
import { operator, script, statesOf, until, verdict } from './stage.ts';
import { stageOfAll } from './stage-hooks.ts';

const hour = 3_600_000;
const day = 24 * hour;

const look = (changes: Partial<MigrationsLook> = {}): MigrationsLook => ({
  level: '0001-email',
  pending: [{ name: '0001-email', sha256: 'f'.repeat(64) }],
  contractable: [{ name: '0001-email', sha256: 'c'.repeat(64) }],
  passed: {},
  warnings: [],
  problems: [],
  ...changes,
});

/** With somebody on call. */
const paged = (service: ServiceFile): ServiceFile => ({
  ...service,
  environments: Object.fromEntries(
    Object.entries(service.environments).map(([name, environment]) => [
      name,
      { ...environment, page: { pagerduty: { routingKey: 'env:PD_SHOP', severity: 'critical' as const } } },
    ]),
  ),
});

const keepOf = (run: PlayedRollout) => run.env.client.workflow.getHandle(`keep/${run.rolloutId}`);
const contractEvents = ({ events }: Script) =>
  events.flatMap(({ body, at }) =>
    body.type === 'contract' ? [{ is: body.is, at: Date.parse(at), body }] : [],
  );
const timeOf = ({ events }: Script, type: string): number =>
  Date.parse(events.find(({ body }) => body.type === type)?.at ?? '');

/** Resolves once the ledger was told so many events of contracts. */
const told = async (play: Script, count: number): Promise<void> => {
  while (contractEvents(play).length < count) await new Promise((resolve) => setTimeout(resolve, 25));
};

const approve = (run: PlayedRollout, id: string, actor: Actor = operator) =>
  keepOf(run).executeUpdate(contractUpdate, {
    args: [{ id, rolloutId: run.rolloutId, actor, reason: 'all versions read the new column' }],
    updateId: id,
  });

describe('migrations, and days', () => {
  const stage = stageOfAll();

  test('the database grows before the deploy, and is asked about an hour after, when the old version is gone', async () => {
    const playing = Promise.withResolvers<PlayedRollout>();
    const early: unknown[] = [];
    const play = script({
      look: look(),
      // Said while the old version is taken away: by then the clock, which skips, stands still.
      beforeWrite: async ({ action }) => {
        if (action.do === 'retire')
          early.push(await approve(await playing.promise, 'early').catch((error: unknown) => error));
      },
    });
    await stage().play(
      play,
      async (run) => {
        playing.resolve(run);
        expect((await run.handle.result()).state).toBe('succeeded');
        await keepOf(run).result();
        expect(play.migrated[0]?.input).toMatchObject({ level: '0001-email', release: { version: '2.1.0' } });
        // Before the old version is gone nothing waits for an approval.
        expect(early).toMatchObject([{ cause: { type: 'COMMAND_REFUSED' } }]);
      },
      { service: migrating() },
    );
    // Nobody approved it: a week later the question is closed, and nothing was taken away.
    expect(contractEvents(play).map(({ is }) => is)).toEqual(['asked', 'reminder', 'reminder', 'expired']);
    const [asked] = contractEvents(play);
    const expired = contractEvents(play).at(-1);
    expect((asked?.at ?? 0) - timeOf(play, 'promoted')).toBeGreaterThanOrEqual(hour);
    expect(asked?.at).toBeGreaterThanOrEqual(timeOf(play, 'retired'));
    expect((expired?.at ?? 0) - (asked?.at ?? 0)).toBeGreaterThanOrEqual(7 * day);
    expect(play.migrated.map(({ phase }) => phase)).toEqual(['expand']);
  });
});

describe('migrations', () => {
  const stage = stageOfAll();

  test('what a person approves is taken away, once; what fails is asked for again', async () => {
    let attempts = 0;
    const play = script({
      look: look(),
      migrate: (phase) => {
        if (phase === 'contract') attempts += 1;
        if (attempts === 1 && phase === 'contract')
          throw ApplicationFailure.nonRetryable('contract.sql:1: the view v needs it.', 'MIGRATION_FAILED');
        return 'took away 0001-email';
      },
    });
    await stage().play(
      play,
      async (run) => {
        await run.handle.result();
        await told(play, 1);
        const stranger: Actor = { id: 'eve', via: 'token', groups: ['visitors'] };
        await expect(approve(run, 'stranger', stranger)).rejects.toMatchObject({
          cause: { type: 'NOT_AUTHORISED' },
        });
        expect(await approve(run, 'first')).toEqual({ contracts: ['0001-email'] });
        await told(play, 3);
        await approve(run, 'second');
        await keepOf(run).result();
      },
      { service: paged(migrating({}, 500)) },
    );
    expect(contractEvents(play).map(({ is }) => is)).toEqual(['asked', 'failed', 'asked', 'done']);
    // The rollout is long over, and a database that keeps an old column wakes nobody.
    expect(play.paged).toEqual([]);
    expect(play.changes.length).toBeGreaterThan(0);
    expect(contractEvents(play).at(-1)?.body.sentence).toContain('the point of no return');
    expect(attempts).toBe(2);
    expect(play.migrated.at(-1)?.input.migrations).toEqual(look().contractable);
    const said = play.events.filter(({ body }) => body.type === 'command');
    expect(said.map(({ actor, texts }) => [actor?.id, texts['reason']])).toEqual([
      ['ana', 'all versions read the new column'],
      ['ana', 'all versions read the new column'],
    ]);
  });

  test('where the file says so nobody is asked', async () => {
    const play = script({ look: look() });
    await stage().play(
      play,
      async (run) => {
        await run.handle.result();
        await keepOf(run).result();
      },
      { service: migrating({ contract: 'auto' }, 500) },
    );
    expect(contractEvents(play).map(({ is }) => is)).toEqual(['done']);
    expect(contractEvents(play)[0]?.at).toBeGreaterThanOrEqual(timeOf(play, 'retired'));
  });

  test('whoever claims the old version stops the contract', async () => {
    const play = script({ look: look() });
    await stage().play(
      play,
      async (run) => {
        await run.handle.result();
        await told(play, 1);
        const claimed = await keepOf(run).executeUpdate(claimUpdate, { args: [{ by: 'a rollback' }] });
        expect(claimed).toEqual({ retired: ['2.0.4'], contracted: false });
        expect(await keepOf(run).result()).toBe('claimed by a rollback');
      },
      { service: migrating({}, 500) },
    );
    expect(contractEvents(play).map(({ is }) => is)).toEqual(['asked']);
    expect(play.migrated.map(({ phase }) => phase)).toEqual(['expand']);
  });

  test('nothing is taken away where somebody has written above the rollout, as break-glass does', async () => {
    const play = script({
      look: look(),
      beforeWrite: ({ action }) => {
        if (action.do === 'retire') throw ApplicationFailure.nonRetryable('a higher fence', 'TARGET_FENCED');
      },
    });
    await stage().play(
      play,
      async (run) => {
        expect((await run.handle.result()).state).toBe('succeeded');
        expect(await keepOf(run).result()).toBe('claimed by a newer writer of the target');
      },
      { service: migrating({ contract: 'auto' }, 500) },
    );
    expect(play.migrated.map(({ phase }) => phase)).toEqual(['expand']);
  });

  test('a migration that fails ends the rollout before anything of it runs', async () => {
    const play = script({
      look: look(),
      migrate: () => {
        throw ApplicationFailure.nonRetryable('expand.sql:3: type "x" does not exist.', 'MIGRATION_FAILED');
      },
    });
    const result = await stage().play(play, (run) => run.handle.result(), { service: migrating() });
    expect(result.state).toBe('refused');
    expect(result.sentence).toBe(
      'expand 0001-email failed: expand.sql:3: type "x" does not exist. No traffic had been moved; what had been added to the database stays.',
    );
    expect(play.writes).toEqual([]);
  });

  test('past the point of no return the rollout is held for a person instead of going back', async () => {
    const play = script({ look: look({ passed: { '2.0.4': '0000-old' } }), watches: [verdict('breach')] });
    const result = await stage().play(
      play,
      async (run) => {
        await until(run, 'rollback-failed');
        expect(play.writes.map(({ action }) => action.do)).toEqual(['deploy', 'shift']);
        await run.say('take-over');
        return run.handle.result();
      },
      { service: migrating() },
    );
    expect(result.state).toBe('rolled-back-by-hand');
    expect(statesOf(play)).toContain('rollback-failed');
    const failed = play.events.flatMap(({ body }) => (body.type === 'way-back-failed' ? [body.problem] : []));
    expect(failed).toMatchObject([
      { code: 'POINT_OF_NO_RETURN', hint: expect.stringContaining('Roll forward') },
    ]);
  });
});
