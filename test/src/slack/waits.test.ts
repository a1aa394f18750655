import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { v7 as uuidv7 } from 'uuid';
import type { Desk } from './desk.ts';
import { openDesk } from './desk.ts';

let desk: Desk;
beforeAll(async () => {
  desk = await openDesk();
});
afterAll(() => desk.close());

test.each([
  ['queue', 'It starts once the rollout before it has succeeded.'],
  ['supersede', 'The rollout before it goes back to give way to it; then it starts.'],
] as const)('a deploy that waits (%s) is told what it waits for', async (mode, words) => {
  const rolloutId = uuidv7();
  desk.world.script.deploy = async () => {
    return { outcome: 'queued', rolloutId, repeated: false, mode, behind: uuidv7() };
  };
  const { text } = await desk.ana.type('/deploy', 'shop 2.1.0 to production');
  expect(text).toContain(`*It waits*: shop 2.1.0. ${words}`);
});
