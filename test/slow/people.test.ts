import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { rolloutWorkflowId } from '../../workflows/ids.ts';
import type { RolloutView } from '../../src/store/views.ts';
import { hashOf } from '../../src/access/identify.ts';
import { sluice } from '../e2e/cli.ts';
import { Dev } from '../e2e/dev.ts';
import { environment, oldVersion } from '../e2e/files.ts';
import { resetToBefore } from '../e2e/reset.ts';
import type { TestService } from '../e2e/test-service.ts';
import { allBack } from '../e2e/test-service.ts';
import { until } from '../e2e/until.ts';

const canary = '1.1.0';
const split = { [oldVersion]: 50, [canary]: 50 };

let dev: Dev;
beforeAll(async () => {
  dev = await Dev.start([
    { name: 'patient' },
    { name: 'guarded' },
    { name: 'hurried', watch: '1h' },
    { name: 'approved', watch: '1h', approval: '{ by: [release-managers], expires: 1h }' },
    { name: 'asking', steps: [100], watch: '2s' },
    { name: 'warm', watch: '1h' },
    { name: 'cold', watch: '1h', keepWarm: '1s' },
  ]);
}, 90_000);
afterAll(async () => {
  await dev.stop();
}, 60_000);

const isState =
  (state: RolloutView['state']) =>
  (view: RolloutView): boolean =>
    view.state === state;

/** A rollout whose first watch is over and that only a hold keeps from going on. */
const hold = async (service: TestService): Promise<string> => {
  service.release(canary);
  const { rolloutId } = await service.deploy(canary);
  await dev.api.reaches(rolloutId, 'watching', isState('watching'));
  expect(await dev.api.say(rolloutId, 'hold')).toMatchObject({ effect: 'hold', state: 'held' });
  const over = ({ state, watches: [first] }: RolloutView): boolean =>
    state === 'held' && first?.verdict !== null;
  await service.goesOn(rolloutId, 'held after its watch', over);
  return rolloutId;
};

/** Deploys and promotes without waiting for a watch of an hour. */
const promote = async (service: TestService): Promise<RolloutView> => {
  service.release(canary);
  const { rolloutId } = await service.deploy(canary);
  await dev.api.reaches(rolloutId, 'watching', isState('watching'));
  expect(await dev.api.say(rolloutId, 'promote')).toMatchObject({ effect: 'promote' });
  return dev.api.ended(rolloutId);
};

describe('hold', () => {
  test('keeps the share until resume, which goes on to the end', async () => {
    const service = dev.service('patient');
    await service.under(300, async () => {
      const id = await hold(service);
      const held = await dev.api.rollout(id);
      expect(held.until).not.toBeNull();
      const refused = await dev.api.refusal({
        path: `/v1/rollouts/${id}/commands`,
        body: { command: 'hold' },
      });
      expect(refused).toMatchObject({ code: 'COMMAND_REFUSED', status: 409 });
      expect((await service.weights()).at(-1)?.weights).toEqual(split);

      expect(await dev.api.say(id, 'resume')).toMatchObject({ effect: 'resume' });
      const view = await service.ends(id);
      expect(view.state).toBe('succeeded');
      // The refused one is told, too.
      const said = view.commands.map(({ command, refusal }) => [command, refusal === null]);
      expect(said.filter(([command]) => command !== 'accept')).toEqual([
        ['hold', true],
        ['hold', false],
        ['resume', true],
      ]);
    });
  });

  test('does not blind the gate: errors that begin meanwhile take the traffic back', async () => {
    const service = dev.service('guarded');
    await service.under(300, async () => {
      const id = await hold(service);
      const view = await service.fallsIll(canary, id, 'held');
      expect(['rolling-back', 'rolled-back']).toContain(view.state);
      const ended = await dev.api.ended(id);
      expect(ended).toMatchObject({ state: 'rolled-back', cause: { by: 'breach' }, recovered: true });
      // Found in the watch itself, or by the gate that goes on looking after it.
      const verdicts = (await dev.api.events(id)).flatMap(({ body }) =>
        body.type === 'verdict' ? [body.verdict] : [],
      );
      expect(verdicts.at(-1)?.kind).toBe('breach');
      expect((await service.weights()).at(-1)?.weights).toEqual({ [oldVersion]: 100 });
      expect(await service.versions()).toEqual([oldVersion]);
    });
  });
});

test('promote gives the release all traffic without waiting for the watches', async () => {
  const service = dev.service('hurried');
  await service.under(100, async () => {
    const view = await promote(service);
    expect(view.state).toBe('succeeded');
    expect((await service.weights()).at(-1)?.weights).toEqual({ [canary]: 100 });
    expect((await service.view()).state.stable).toBe(canary);
    const watches = view.steps.filter(({ kind }) => kind === 'watch').map(({ state }) => state);
    expect(watches).toEqual(['done', 'skipped']);
    // Nobody has shown it to be healthy, and nothing says so.
    expect(view.watches.map(({ verdict }) => verdict)).toEqual([null]);
  });
});

test('where the gate can not tell, extend watches once more and accept goes on', async () => {
  const service = dev.service('asking');
  await service.under(2, async () => {
    service.release(canary);
    const { rolloutId } = await service.deploy(canary);
    const asked = await dev.api.reaches(rolloutId, 'asking', isState('inconclusive'));
    expect(asked.watches).toHaveLength(1);

    expect(await dev.api.say(rolloutId, 'extend')).toMatchObject({ effect: 'extend' });
    const again = await dev.api.reaches(
      rolloutId,
      'asking again',
      ({ state, watches }) => state === 'inconclusive' && watches.length > 1,
    );
    const [first, second] = again.watches;
    expect(second?.step).toBe(first?.step);
    expect(second?.verdict?.kind).toBe('inconclusive');
    expect((await service.weights()).at(-1)?.weights).toEqual({ [canary]: 90, [oldVersion]: 10 });

    expect(await dev.api.say(rolloutId, 'accept')).toMatchObject({ effect: 'accept' });
    const view = await dev.api.ended(rolloutId);
    expect(view.state).toBe('succeeded');
    expect(view.commands.map(({ command }) => command)).toEqual(['extend', 'accept']);
  });
});

test('approval: asked before anything runs, refused to who asked and to strangers, and given by another person', async () => {
  dev.files.access(`apiVersion: sluice/v1
people: { bo: {}, eve: {} }
tokens:
  bo: { person: bo, sha256: ${hashOf('token-of-bo')}, expires: 2999-01-01 }
  eve: { person: eve, sha256: ${hashOf('token-of-eve')}, expires: 2999-01-01 }
groups: { release-managers: [bo] }
`);
  const service = dev.service('approved');
  const as = (who: string, ...words: readonly string[]) =>
    sluice(dev.home, words, { SLUICE_TOKEN: `token-of-${who}` });
  const untouched = async (): Promise<void> => {
    expect(await service.versions()).toEqual([oldVersion]);
    expect(await service.weights()).toEqual(before);
  };
  let before: Awaited<ReturnType<TestService['weights']>> = [];
  await service.under(100, async () => {
    service.release(canary);
    before = await service.weights();
    const waiting = async (): Promise<RolloutView> => {
      const { rolloutId } = await service.deploy(canary);
      return dev.api.reaches(rolloutId, 'waiting', isState('awaiting-approval'));
    };

    const denied = await waiting();
    expect(denied.next).toContain('0 of 1 approval by release-managers');
    const [own, stranger] = [
      await sluice(dev.home, ['approve', denied.id]),
      await as('eve', 'approve', denied.id),
    ];
    expect([own.exit, stranger.exit]).toEqual([10, 10]);
    expect(own.err).toContain('operator asked for it');
    expect(stranger.err).toContain('only release-managers or the operator may approve');
    const after = await as('bo', 'deny', denied.id, '--reason', 'not on a Friday', '--wait');
    expect(after.exit).toBe(6);
    const told = (await dev.api.rollout(denied.id)).commands.map(({ command, actor, refusal }) => [
      ...[command, actor?.id, refusal === null],
    ]);
    expect(told).toEqual([
      ['approve', 'operator', false],
      ['approve', 'eve', false],
      ['deny', 'bo', true],
    ]);
    await untouched();

    // Who sees harm may stop it, whoever they are.
    const aborted = await waiting();
    expect((await as('eve', 'abort', aborted.id, '--wait')).exit).toBe(5);
    await untouched();

    const { id } = await waiting();
    expect((await as('bo', 'approve', 'approved')).exit).toBe(0);
    await dev.api.reaches(id, 'watching', isState('watching'));
    expect((await service.weights()).at(-1)?.weights).toEqual(split);

    // Somebody resets it in Temporal to while it still asked: it does not take what it has done itself for news.
    await dev.temporal(async (client) => {
      await resetToBefore(client, rolloutWorkflowId(environment, 'approved'), 'approve');
      await until('the reset run fails', async () => {
        const { status, memo } = await client.workflow
          .getHandle(rolloutWorkflowId(environment, 'approved'))
          .describe();
        // The schedule itself may have been faster: then the recovery runs there by now.
        return status.name === 'FAILED' || memo?.['rolloutId'] !== id;
      });
      await client.schedule.getHandle('sluice-sweep-sluice').trigger();
    });
    expect((await dev.api.ended(id)).state).toBe('rolled-back');
    expect((await service.weights()).at(-1)?.weights).toEqual({ [oldVersion]: 100 });
  });
});

describe('rollback of what was promoted', () => {
  const startsOf = async (service: TestService): Promise<number> =>
    (await service.events()).filter(
      (event) => event.event === 'instance-started' && event.version === oldVersion,
    ).length;

  test('returns to the old version that still stands ready, within 2 s, and marks the release as bad', async () => {
    const service = dev.service('warm');
    await service.under(200, async () => {
      await promote(service);
      const before = await startsOf(service);
      const commandMs = Date.now();
      const answer = await dev.api.rollback('warm');
      if (answer.outcome !== 'accepted') throw new Error(JSON.stringify(answer));
      expect(await service.trafficBack(canary, commandMs)).toEqual(allBack);
      const view = await dev.api.ended(answer.rolloutId);
      expect(view).toMatchObject({
        kind: 'rollback',
        state: 'succeeded',
        version: oldVersion,
        recovered: true,
      });
      expect((await service.view()).state.stable).toBe(oldVersion);
      expect(await startsOf(service)).toBe(before);
      expect((await dev.api.releases('warm')).map(({ version, state }) => [version, state])).toEqual([
        [oldVersion, 'good'],
        [canary, 'bad'],
        [oldVersion, 'good'],
      ]);
      await until(
        'what was taken back is gone',
        async () => (await service.versions()).join() === oldVersion,
      );
    });
  });

  test('deploys the old version again where it is gone already', async () => {
    const service = dev.service('cold');
    await service.under(200, async () => {
      const { id } = await promote(service);
      await until('the old version is gone', async () => (await service.versions()).join() === canary);
      const before = await startsOf(service);
      const said = await dev.api.say(id, 'rollback');
      expect(said).toMatchObject({
        outcome: 'done',
        effect: 'start-rollback',
        started: { outcome: 'accepted' },
      });
      const started = said.outcome === 'done' ? said.started?.rolloutId : undefined;
      const view = await dev.api.ended(started ?? '');
      expect(view).toMatchObject({ kind: 'rollback', state: 'succeeded', of: id, recovered: true });
      expect(view.steps.map(({ kind }) => kind)).toEqual(['deploy', 'smoke', 'shift', 'promote', 'verify']);
      expect((await service.weights()).at(-1)?.weights).toEqual({ [oldVersion]: 100 });
      expect(await startsOf(service)).toBe(before + 1);
    });
  });
});
