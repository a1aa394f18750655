import { expect, test } from '@jest/globals';
import { fly, inFlight } from '../src/slack/flight.ts';

// How soon is a figure of `npm run bench`: here they share two cores with everything else.

test('200 slash commands at once: each is answered with its result, once, where Temporal answers soon', async () => {
  const { sent, outcomes, begun } = await fly(50);
  expect(sent.map(({ status }) => status)).toEqual(sent.map(() => 200));
  for (const { text } of sent) expect(text).toMatch(/^\*Begun\*: shop/);
  expect(sent.flatMap((each) => each.replies())).toEqual([]);
  expect([outcomes.length, begun]).toEqual([inFlight, inFlight]);
}, 120_000);

test('200 slash commands at once: each is "not confirmed yet" and then told its outcome, once, where Temporal takes long', async () => {
  // Within the time for which one process has a request to itself (`leaseMs` in src/slack/owed.ts).
  const { sent, begun } = await fly(8_000, 2_000);
  for (const each of sent) {
    expect(each.text).toMatch(/^\*Not confirmed yet\.\*/);
    expect(each.replies().map(({ text }) => text)).toEqual([expect.stringMatching(/^\*Begun\*: shop/)]);
  }
  expect(begun).toBe(inFlight);
}, 240_000);
