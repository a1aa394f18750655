import { afterEach, beforeEach, expect, test } from '@jest/globals';
import type { Override } from '../../runbooks/checks/check.ts';
import type { ActiveFreeze } from '../../runbooks/freeze-block.ts';
import type { ServiceFile } from '../../runbooks/service.ts';
import { makeService } from '../runbooks/make.ts';
import type { Script } from './stage.ts';
import { script, Stage, statesOf, until, verdict } from './stage.ts';

const hour = 3_600_000;

// A server per test: a play that has ended may hold the clock of its server.
let stage: Stage;
beforeEach(async () => {
  stage = await Stage.open();
}, 180_000);
afterEach(async () => {
  await stage.close();
});

const serviceWith = (during: 'finish' | 'hold'): ServiceFile => {
  const service = makeService();
  const { production } = service.environments;
  if (production === undefined) throw new Error('no production');
  const windows = [{ cron: '0 16 * * FRI', for: 64 * hour, zone: 'UTC', reason: 'weekend' }];
  return { ...service, environments: { production: { ...production, freeze: { during, windows } } } };
};

/** A freeze of three hours that begins in the first watch, by the clock of the stage. */
class Freeze {
  #until: number | null = null;
  asked = 0;

  readonly watch = async () => {
    this.#until ??= (await stage.env.currentTimeMs()) + 3 * hour;
    return verdict('pass');
  };

  readonly look = async (): Promise<ActiveFreeze | null> => {
    this.asked += 1;
    if (this.#until === null || (await stage.env.currentTimeMs()) >= this.#until) return null;
    return { reason: 'weekend', until: new Date(this.#until).toISOString() };
  };

  get until(): number {
    return this.#until ?? Number.NaN;
  }
}

const end = (play: Script, changes: Parameters<Stage['play']>[2]) =>
  stage.play(play, (run) => run.handle.result(), changes);

const sharesOf = ({ writes }: Script) =>
  writes.flatMap(({ action }) => (action.do === 'shift' ? [action.weights['2.1.0'] ?? 0] : []));

const frozen = (play: Script) =>
  play.events.flatMap(({ at, body }) =>
    body.type === 'state' && body.state === 'frozen' ? [{ at: Date.parse(at), ...body }] : [],
  );

test('a freeze that begins on the way holds the next move of the traffic, says why and until when, and ends by itself', async () => {
  const freeze = new Freeze();
  const play = script({ watches: [freeze.watch], freeze: freeze.look });
  expect((await end(play, { service: serviceWith('hold') })).state).toBe('succeeded');
  expect(sharesOf(play)).toEqual([10, 50, 90, 100]);
  const [held, ...more] = frozen(play);
  expect(more).toEqual([]);
  expect(held).toMatchObject({
    until: new Date(freeze.until).toISOString(),
    next: expect.stringContaining('once the freeze is over (weekend)'),
  });
  const moved = play.events.filter(({ body }) => body.type === 'step-started' && body.step === 5);
  expect(moved.map(({ at }) => Date.parse(at) >= freeze.until)).toEqual([true]);
  // The share of the new version is watched all the while.
  const guards = play.watched.filter(({ silenceMs }) => silenceMs === null);
  expect(guards).toHaveLength(1);
  expect(guards[0]).toMatchObject({ percent: 10, canary: '2.1.0' });
});

const overrides: readonly Override[] = [{ check: 'window', reason: 'the shop is down' }];

test.each([
  ['the file says finish', 'finish', {}],
  ['the check was passed over', 'hold', { overrides }],
] as const)('where %s, nobody asks the calendar', async (_, during, input) => {
  const freeze = new Freeze();
  const play = script({ watches: [freeze.watch], freeze: freeze.look });
  expect((await end(play, { service: serviceWith(during), input })).state).toBe('succeeded');
  expect(statesOf(play)).not.toContain('frozen');
  expect(freeze.asked).toBe(0);
});

test('a freeze stops no abort, and nobody promotes over it', async () => {
  const play = script({ freeze: () => ({ reason: 'weekend', until: '2999-01-01T00:00:00.000Z' }) });
  const result = await stage.play(
    play,
    async (run) => {
      await until(run, 'frozen');
      await expect(run.say('promote')).rejects.toMatchObject({
        cause: { message: expect.stringContaining('a freeze is on') },
      });
      await run.say('abort');
      return run.handle.result();
    },
    { service: serviceWith('hold') },
  );
  expect(result.state).toBe('aborted');
  expect(sharesOf(play)).toEqual([]);
});

test('a breach goes back in the middle of a freeze', async () => {
  const freeze = new Freeze();
  const play = script({ watches: [freeze.watch, verdict('breach')], freeze: freeze.look });
  expect((await end(play, { service: serviceWith('hold') })).state).toBe('rolled-back');
  expect(statesOf(play)).toContain('frozen');
  expect(sharesOf(play)).toEqual([10, 0]);
  const wentBack = play.events.filter(({ body }) => body.type === 'way-back');
  expect(wentBack.map(({ at }) => Date.parse(at) < freeze.until)).toEqual([true]);
});

test('a person may hold it meanwhile: then the end of the freeze moves nothing until they resume it', async () => {
  const freeze = new Freeze();
  const play = script({ watches: [freeze.watch], freeze: freeze.look });
  const result = await stage.play(
    play,
    async (run) => {
      await until(run, 'frozen');
      await run.say('hold');
      await until(run, 'held');
      await run.env.sleep(4 * hour);
      expect(sharesOf(play)).toEqual([10]);
      await run.say('resume');
      return run.handle.result();
    },
    { service: serviceWith('hold') },
  );
  expect(result.state).toBe('succeeded');
  expect(sharesOf(play)).toEqual([10, 50, 90, 100]);
});
