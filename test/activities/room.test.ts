import { expect, test } from '@jest/globals';
import { roomFor } from '../../activities/room.ts';

test('one too many comes again later, and those that end make room, whether they did well or not', async () => {
  const room = roomFor(2);
  const ends = [0, 1, 2].map(() => Promise.withResolvers<string>());
  const work = room((i: number) => ends[i]?.promise ?? Promise.reject(new Error('no such work')));
  const first = work(0);
  const second = work(1);
  const full = { code: 'SLACK_UNAVAILABLE', details: { retryAfterMs: 5_000 } };
  await expect(work(2)).rejects.toMatchObject(full);
  ends[0]?.reject(new Error('Slack hung up'));
  await expect(first).rejects.toThrow('hung up');
  const third = work(2);
  await expect(work(2)).rejects.toMatchObject(full);
  for (const [i, { resolve }] of ends.entries()) resolve(`done ${String(i)}`);
  expect(await Promise.all([second, third])).toEqual(['done 1', 'done 2']);
});

test('rooms stand in one another: what fills the inner one leaves the rest of the outer', async () => {
  const outer = roomFor(2);
  const inner = roomFor(1);
  const end = Promise.withResolvers<null>();
  const follow = outer(inner(() => end.promise));
  const announce = outer(() => Promise.resolve('announced'));
  const following = follow();
  await expect(follow()).rejects.toMatchObject({ code: 'SLACK_UNAVAILABLE' });
  expect(await announce()).toBe('announced');
  end.resolve(null);
  await following;
});
