import { expect, test } from '@jest/globals';
import { commandBlock } from '../../runbooks/targets/command-block.ts';
import type { ServiceFile } from '../../runbooks/service.ts';
import { makeService } from '../runbooks/make.ts';
import type { Script } from './stage.ts';
import { script } from './stage.ts';
import { stagePerTest } from './stage-hooks.ts';

const stage = stagePerTest();

const onCommand = (): ServiceFile => {
  const service = makeService();
  const program = ['./tool'];
  const verbs = { observe: program, deploy: program, shift: program, promote: program, retire: program };
  const command = commandBlock.parse({ ...verbs, address: program });
  const environments = Object.fromEntries(
    Object.entries(service.environments).map(([name, environment]) => [
      name,
      { ...environment, target: { command } },
    ]),
  );
  return { ...service, environments };
};

/** Aborted while its first shift is under way, which lands after the traffic has been moved back. */
const overtaken = async (service: ServiceFile): Promise<Script> => {
  const asked = Promise.withResolvers<null>();
  const back = Promise.withResolvers<null>();
  const landed = Promise.withResolvers<null>();
  const play: Script = script({
    beforeWrite: async ({ key, action }) => {
      if (action.do !== 'shift') return;
      if (key.endsWith('/forward')) {
        asked.resolve(null);
        await back.promise;
        // Applied when this returns.
        setImmediate(() => landed.resolve(null));
      } else if (!play.writes.some((write) => write.key.includes('/back/'))) {
        // The first way back is carried out, then the late write.
        setImmediate(() => back.resolve(null));
      }
    },
  });
  await stage().play(
    play,
    async (run) => {
      await asked.promise;
      await run.say('abort');
      await landed.promise;
      return run.handle.result();
    },
    { service },
  );
  return play;
};

test('a target without a fence is told the way back again when the interrupted write can land no more', async () => {
  const play = await overtaken(onCommand());
  const told = play.writes.map(({ action, key }) => [action.do, key.includes('/back/') ? 'back' : 'forward']);
  expect(told).toEqual([
    ['deploy', 'forward'],
    ['shift', 'back'],
    ['shift', 'forward'],
    ['shift', 'back'],
    ['retire', 'back'],
  ]);
  expect(play.state.weights).toEqual({ '2.0.4': 100 });
  const fences = play.writes.filter(({ key }) => key.includes('/back/')).map(({ fence }) => fence);
  expect(fences).toEqual([...new Set(fences)].sort((a, b) => a - b));
  const said = play.events.filter(({ body }) => body.type === 'traffic-back');
  expect(said).toHaveLength(1);
});
